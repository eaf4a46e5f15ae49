package build

import "testing"

// BuildKit reports a step without inputs as run whenever it works out its cache key. It did not run.
func TestStepWithoutInputsIsAHitTheSecondTime(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM scratch AS x\nWORKDIR /SECRET\nFROM python:3.9-alpine\nCOPY --from=x /SECRET /SECRET/x\n")
	for _, want := range []string{`
x 1/1 :2 ran
stage-1 1/2 :3 hit
stage-1 2/2 :4 ran
`, `
x 1/1 :2 hit
stage-1 1/2 :3 hit
stage-1 2/2 :4 hit
`} {
		o, err := b.build(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		b.want(o, want)
	}
}
