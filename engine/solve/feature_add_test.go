package solve_test

// adding is about ADD.
var adding = []feature{
	{name: "ADD d /e", dockerfile: "FROM BASE\nADD d /e\n"},
	{name: "ADD plain.tar /e", dockerfile: "FROM BASE\nADD plain.tar /e\n"},
	{name: "ADD packed.tar.gz /e/", dockerfile: "FROM BASE\nADD packed.tar.gz /e/\n"},
	{name: "ADD packed.tar.zst /e/", dockerfile: "FROM BASE\nADD packed.tar.zst /e/\n"},
	{name: "ADD not.tar single.gz /e/", dockerfile: "FROM BASE\nADD not.tar single.gz /e/\n"},
	{name: "ADD *.tar.gz d/a /e/", dockerfile: "FROM BASE\nADD *.tar.gz d/a /e/\n"},
	{name: "ADD --chown=user plain.tar /e", dockerfile: "FROM BASE\nADD --chown=user plain.tar /e\n"},
	{name: "ADD --chmod=700 plain.tar /e", dockerfile: "FROM BASE\nADD --chmod=700 plain.tar /e\n"},
	{name: "ADD --unpack=false plain.tar /e/", dockerfile: "FROM BASE\nADD --unpack=false plain.tar /e/\n", newer: "dockerfile 1.17", want: "drwxr-xr-x 0:0 /e\n-rw-r--r-- 0:0 /e/plain.tar 3072 "},
	{name: "ADD --unpack=true packed.tar.gz /e/", dockerfile: "FROM BASE\nADD --unpack=true packed.tar.gz /e/\n", newer: "dockerfile 1.17", want: "drwxr-xr-x 0:0 /e\ndrwxr-x--- 5:6 /e/t\nLrwxrwxrwx 0:0 /e/t/link -> run\nurwxr-xr-x 5:6 /e/t/run 3 \"run\"\n"},
	{name: "ADD --unpack=true d/a /e/", dockerfile: "FROM BASE\nADD --unpack=true d/a /e/\n", newer: "dockerfile 1.17", want: "drwxr-xr-x 0:0 /e\n-rw-r--r-- 0:0 /e/a 2 \"a\\n\"\n"},
	{name: "ADD --link plain.tar /e", dockerfile: "FROM BASE\nADD --link plain.tar /e\n", newer: "23", want: "drwxr-xr-x 0:0 /e\ndrwxr-x--- 5:6 /e/t\nLrwxrwxrwx 0:0 /e/t/link -> run\nurwxr-xr-x 5:6 /e/t/run 3 \"run\"\n"},
	{name: "ADD --exclude=*.md d /e", dockerfile: "FROM BASE\nADD --exclude=*.md d /e\n", lacks: "--exclude", newer: "dockerfile 1.19", want: "drwxr-xr-x 0:0 /e\n-rw-r--r-- 0:0 /e/a 2 \"a\\n\"\n-rw-r--r-- 0:0 /e/hard -> e/a\ndrwxr-x--- 0:0 /e/sub\n-rw------- 0:0 /e/sub/c 2 \"c\\n\"\ndrwxr-xr-x 0:0 /e/sub/lib\n-rw-r--r-- 0:0 /e/sub/lib/x 2 \"x\\n\"\nLrwxrwxrwx 0:0 /e/tolink -> a\n"},
	{name: "ADD HTTP/file /e/", dockerfile: "FROM BASE\nADD HTTP/file /e/\n"},
	{name: "ADD HTTP/file /e", dockerfile: "FROM BASE\nADD HTTP/file /e\n"},
	{name: "ADD --chmod=600 HTTP/file /e/", dockerfile: "FROM BASE\nADD --chmod=600 HTTP/file /e/\n"},
	{name: "ADD --chown=user HTTP/file /e/", dockerfile: "FROM BASE\nADD --chown=user HTTP/file /e/\n"},
	{name: "ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 HTTP/file /e/", dockerfile: "FROM BASE\nADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 HTTP/file /e/\n", fails: "digest"},
	{name: "ADD --checksum=sha256:SUM HTTP/file /e/", dockerfile: "FROM BASE\nADD --checksum=sha256:SUM HTTP/file /e/\n", newer: "23", want: "drwxr-xr-x 0:0 /e\n-rw------- 0:0 /e/file 12 \"served /file\"\n"},
	{name: "ADD --checksum=sha256:SUM d/a /e/", dockerfile: "FROM BASE\nADD --checksum=sha256:SUM d/a /e/\n", fails: "checksum"},
	{name: "ADD <<EOF", dockerfile: "FROM BASE\nADD <<f /e/\ntext\nf\n", newer: "23", want: "drwxr-xr-x 0:0 /e\n-rw-r--r-- 0:0 /e/f 5 \"text\\n\"\n"},
	{name: "ADD nothing.tar /e", dockerfile: "FROM BASE\nADD nothing.tar /e\n", fails: "not found"},
}
