package solve_test

// expanding is about arguments and variables.
var expanding = []feature{
	{name: "global ARG", dockerfile: "ARG V=BASE\nARG W=w\nFROM ${V}\nARG W\nARG X=${W}x\nRUN echo $W $X \"<$V>\" >/e\n"},
	{name: "global ARG in a flag", dockerfile: "ARG V=none\nFROM ${V} AS s\nRUN touch /e\n", attrs: map[string]string{"build-arg:V": "BASE"}},
	{name: "${x:-y} and ${x:+y}", dockerfile: "FROM BASE\nARG A\nARG B=b\nENV C=${A:-a}${B:-c}${A:+x}${B:+y}\nRUN echo $C >/e\n"},
	{name: "${x:?y}", dockerfile: "FROM BASE\nARG A\nENV C=\"${A:?must be given}\"\n", fails: "must be given"},
	{name: "${x-y} and ${x+y}", dockerfile: "FROM BASE\nARG A=\nENV B=${A-a}${A+b}${N-n}\nLABEL b=$B\n", newer: "23", want: "Env [\"PATH=/bin\",\"B=bn\"]\nLabels {\"b\":\"bn\"}\n"},
	{name: "${x#y} and ${x%y}", dockerfile: "FROM BASE\nARG A=a/b/c.tar.gz\nENV B=${A#*/} C=${A##*/} D=${A%.*} E=${A%%.*}\n", newer: "dockerfile 1.7", want: "Env [\"PATH=/bin\",\"B=b/c.tar.gz\",\"C=c.tar.gz\",\"D=a/b/c.tar\",\"E=a/b/c\"]\n"},
	{name: "${x/a/b} and ${x//a/b}", dockerfile: "FROM BASE\nARG A=a-b-c\nENV B=${A/-/_} C=${A//-/_}\n", newer: "dockerfile 1.7", want: "Env [\"PATH=/bin\",\"B=a_b-c\",\"C=a_b_c\"]\n"},
	{name: "quotes and escapes", dockerfile: "FROM BASE\nARG A=1\nENV B='$A' C=\"$A\" D=\\$A E=\\\\x\n"},
	{name: "# escape", dockerfile: "# escape=`\nFROM BASE\nRUN echo a `\n  b >/e\nENV C=`$X\n"},
	{name: "comments and empty lines", dockerfile: "FROM BASE\nRUN echo a \\\n# comment\n\n  b >/e\n"},
	{name: "COPY with variables", dockerfile: "FROM BASE\nENV D=d\nCOPY $D/a ${D}/b.md /e/\n"},
	{name: "ARG without a value", dockerfile: "FROM BASE\nARG A\nRUN echo \"<$A>\" >/e\n"},
	{name: "several ARG", dockerfile: "FROM BASE\nARG A=1 B=2\nRUN echo \"$A$B\" >/e\n", newer: "23"},
	{name: "ARG and ENV of one name", dockerfile: "FROM BASE\nENV A=env\nARG A=arg\nRUN echo $A >/e\n", attrs: map[string]string{"build-arg:A": "flag"}},
	{name: "build argument that is not declared", dockerfile: "FROM BASE\nRUN echo \"<$N>\" >/e\n", attrs: map[string]string{"build-arg:N": "n"}},
	{name: "HTTP_PROXY", dockerfile: "FROM BASE\nRUN echo \"<$HTTP_PROXY>\" >/e\n", attrs: map[string]string{"build-arg:HTTP_PROXY": "http://127.0.0.1:9"}},
	{name: "# syntax", dockerfile: "# syntax=docker/dockerfile:1\nFROM BASE\nRUN touch /e\n", apart: "theirs would be fetched from a registry", want: "-rw-r--r-- 0:0 /e 0 \"\"\n"},
	{name: "# check", dockerfile: "# check=skip=all\nFROM BASE\nRUN touch /e\n"},
	{name: "unknown instruction", dockerfile: "FROM BASE\nFETCH a\n", fails: "FETCH"},
	{name: "no FROM", dockerfile: "RUN a\n", fails: "no build stage"},
	{name: "cycle", dockerfile: "FROM b AS a\nFROM a AS b\n", fails: "b"},
	{name: "# check=error=true", dockerfile: "# check=error=true\nFROM BASE as s\nRUN touch /e\n", newer: "27", fails: "FromAsCasing"},
}
