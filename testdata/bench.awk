# The table of `make bench`, out of what `go test -bench` prints: a line for each benchmark that reports ways in
# pairs (ms-NAME, x-NAME), and one for each that counts allocations alone.
function short(name) { sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name); return pkg "/" name }
$1 == "pkg:" { pkg = $2; sub(/.*\//, "", pkg) }
/^Benchmark/ {
	ours = pair = allocs = kept = took = "";
	for (i = 3; i < NF; i += 2) {
		unit = $(i + 1)
		if (unit == "ms/save") unit = "ms-ours"
		else if (unit == "ms/floor") unit = "ms-floor"
		else if (unit == "ratio") unit = "x-floor"
		if (unit == "ms-ours") ours = sprintf("%.1f", $i)
		else if (unit ~ /^ms-/) ms[substr(unit, 4)] = sprintf("%.1f", $i)
		else if (unit ~ /^x-/) x[substr(unit, 3)] = sprintf("%.2f", $i)
		else if (unit == "ns/op") took = sprintf("%.2f", $i / 1e6)
		else if (unit == "B/op") kept = sprintf("%.1f", $i / 1024)
		else if (unit == "allocs/op") allocs = $i
	}
	if (ours == "") {
		alone[++alones] = sprintf("%-34s %12s %12s %12s", short($1), took, kept, allocs)
	}
	for (way in x) pairs[++lines] = sprintf("%-34s %12s   %-12s %12s %8s", short($1), ours, way, ms[way], x[way])
	delete ms; delete x
}
END {
	printf "%-34s %12s   %-12s %12s %8s\n", "in turn, medians", "ours, ms", "beside", "ms", "ratio"
	for (i = 1; i <= lines; i++) print pairs[i]
	printf "\n%-34s %12s %12s %12s\n", "alone", "ms/op", "KiB/op", "allocs/op"
	for (i = 1; i <= alones; i++) print alone[i]
}
