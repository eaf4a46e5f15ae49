package plan_test

import (
	"context"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// A plan is made once from a Dockerfile, and then predicts what each change would make of its steps.
func Example() {
	dockerfile := `FROM python:3.9-slim AS build
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
FROM python:3.9-alpine
COPY --from=build /app /app
`
	p, err := plan.New(context.Background(), plan.Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile"}, plan.Offline{})
	if err != nil {
		panic(err)
	}
	changes := []plan.Change{{Change: event.Change{Path: "app.py", Kind: event.ContentChanged}}}
	for i, expected := range p.Predict(p, changes, nil) {
		fmt.Printf("%s %s %q\n", p.Steps[i].ID(), expected.Prediction, expected.Reason)
	}
	// Output:
	// build 1 hit ""
	// build 2 hit ""
	// build 3 hit ""
	// build 4 rerun "app.py changed"
	// stage-1 1 hit ""
	// stage-1 2 maybe "reads from build 4/4"
}
