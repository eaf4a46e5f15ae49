package human

import (
	"math"
	"testing"
)

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1: "1 B", 999: "999 B", 1000: "1 kB", 1001: "1 kB", 1004: "1 kB", 1005: "1 kB", 1006: "1.01 kB",
		9_994: "9.99 kB", 9_996: "10 kB", 10_040: "10 kB", 10_060: "10.1 kB", 99_940: "99.9 kB", 99_960: "100 kB",
		999_499: "999 kB", 999_500: "1 MB", 999_600: "1 MB", 999_999: "1 MB", 1_000_000: "1 MB", 1_234_567: "1.23 MB",
		131_400_000: "131 MB", 999_600_000: "1 GB", 999_600_000_000: "1 TB", 999_600_000_000_000: "1 PB", 1e18: "1 EB", math.MaxInt64: "9.22 EB", math.MinInt64: "−9.22 EB",
		-1: "−1 B", -999_600: "−1 MB", -5_100_000: "−5.1 MB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestDelta(t *testing.T) {
	for n, want := range map[int64]string{0: "±0", 12: "+12 B", -12: "−12 B", 999_600: "+1 MB"} {
		if got := Delta(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 files", 1: "1 file", 2: "2 files"} {
		if got := Count(n, "file"); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
