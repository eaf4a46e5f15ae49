package image

import "testing"

func TestInstructionReadsAsAPersonWroteIt(t *testing.T) {
	for _, c := range []struct{ name, createdBy, want string }{
		{"buildkit run", "RUN /bin/sh -c pip cache purge # buildkit", "RUN pip cache purge"},
		{"buildkit run with arguments", `RUN |2 A=1 B=two words /bin/sh -c echo $A # buildkit`, "RUN echo $A"},
		{"buildkit run in bash", "RUN /bin/bash -o pipefail -c curl x | sh # buildkit", "RUN curl x | sh"},
		{"buildkit run in exec form", "RUN python -m compileall . # buildkit", "RUN python -m compileall ."},
		{"buildkit copy", "COPY /app /app # buildkit", "COPY /app /app"},
		{"a hash of the person's own", "RUN /bin/sh -c echo '# buildkit' # buildkit", "RUN echo '# buildkit'"},
		{"expose", "EXPOSE map[8080/tcp:{}]", "EXPOSE 8080/tcp"},
		{"expose, newer engines", "EXPOSE [8080/tcp 9090/udp]", "EXPOSE 8080/tcp 9090/udp"},
		{"continued lines", "RUN /bin/sh -c apt-get update \t&& \n apt-get install -y gcc # buildkit", "RUN apt-get update && apt-get install -y gcc"},
		{"old builder's command", "/bin/sh -c apt-get update", "RUN apt-get update"},
		{"old builder's arguments", "|1 V=3 /bin/sh -c make V=$V", "RUN make V=$V"},
		{"old builder's copy", "/bin/sh -c #(nop) COPY file:12ab in /app ", "COPY file:12ab in /app"},
		{"official base", "# debian.sh --arch 'amd64' out/ 'bookworm'", "# debian.sh --arch 'amd64' out/ 'bookworm'"},
		{"imported", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Instruction(c.createdBy); got != c.want {
				t.Errorf("Instruction(%q) = %q, want %q", c.createdBy, got, c.want)
			}
		})
	}
}
