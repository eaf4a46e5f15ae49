package front

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// chromium is a real browser. The test talks to it through the pipe that it has for developers' tools.
type chromium struct {
	t  *testing.T
	to io.Writer

	mu      sync.Mutex
	asked   int
	answers map[int]chan answered
	// said is what pages wrote to their consoles.
	said []string
}

type answered struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// browser starts a Chromium of its own, which ends with the test.
func browser(t *testing.T) *chromium {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Skip("there is no Chromium to open pages in: apt-get install chromium")
	}
	fromTest, toBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromBrowser, toTest, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{fromTest, toTest}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fromTest.Close()
	toTest.Close()
	c := &chromium{t: t, to: toBrowser, answers: map[int]chan answered{}}
	over := make(chan struct{})
	go func() {
		defer close(over)
		c.hear(fromBrowser)
	}()
	t.Cleanup(func() {
		// It closes its files before its folder goes.
		c.tell("", "Browser.close", nil)
		select {
		case <-over:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait()
		toBrowser.Close()
		fromBrowser.Close()
	})
	return c
}

// hear reads what the browser says until it ends.
func (c *chromium) hear(from io.Reader) {
	for in := bufio.NewReader(from); ; {
		text, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var said struct {
			ID int
			answered
			Method string
			Params struct{ Args []struct{ Value any } }
		}
		_ = json.Unmarshal(text[:len(text)-1], &said)
		c.mu.Lock()
		if waits := c.answers[said.ID]; waits != nil {
			waits <- said.answered
		}
		if said.Method == "Runtime.consoleAPICalled" && len(said.Params.Args) > 0 {
			c.said = append(c.said, fmt.Sprint(said.Params.Args[0].Value))
		}
		c.mu.Unlock()
	}
}

// tell sends a command, and returns where its answer comes.
func (c *chromium) tell(tab, method string, params any) <-chan answered {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	c.answers[c.asked] = make(chan answered, 1)
	text, _ := json.Marshal(struct {
		ID      int    `json:"id"`
		Session string `json:"sessionId,omitempty"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
	}{c.asked, tab, method, params})
	_, _ = c.to.Write(append(text, 0))
	return c.answers[c.asked]
}

// call sends a command and reads its result.
func (c *chromium) call(tab, method string, params, result any) error {
	select {
	case a := <-c.tell(tab, method, params):
		if a.Error != nil {
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		}
		return json.Unmarshal(a.Result, result)
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer within %s", method, patience)
	}
}

// open shows an address in a new tab.
func (c *chromium) open(address string) (tab string) {
	c.t.Helper()
	var made struct{ TargetID string }
	var attached struct{ SessionID string }
	if err := c.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &made); err != nil {
		c.t.Fatal(err)
	}
	if err := c.call("", "Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &attached); err != nil {
		c.t.Fatal(err)
	}
	for _, method := range []string{"Runtime.enable", "Page.enable"} {
		if err := c.call(attached.SessionID, method, nil, &struct{}{}); err != nil {
			c.t.Fatal(err)
		}
	}
	c.show(attached.SessionID, address)
	return attached.SessionID
}

// show shows another address in the tab.
func (c *chromium) show(tab, address string) {
	c.t.Helper()
	if err := c.call(tab, "Page.navigate", map[string]any{"url": address}, &struct{}{}); err != nil {
		c.t.Fatal(err)
	}
}

// eval returns the value of an expression in the tab's page.
func (c *chromium) eval(tab, expression string) (string, error) {
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	err := c.call(tab, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &got)
	if err == nil && got.ExceptionDetails != nil {
		err = fmt.Errorf("%s: %s", expression, got.ExceptionDetails.Text)
	}
	return fmt.Sprint(got.Result.Value), err
}

// await waits until an expression has the value. In a page that is just being replaced it has none.
func (c *chromium) await(tab, expression, want string) {
	c.t.Helper()
	var got string
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got, err = c.eval(tab, expression); err == nil && got == want {
			return
		}
	}
	if page, _ := c.eval(tab, "document.documentElement.innerText"); strings.Contains(page, "ERR_NETWORK_CHANGED") {
		c.t.Skip("Chromium ended its requests, as a network interface of this machine came or went; containers that start elsewhere do that")
	}
	c.t.Fatalf("%s is %q, %v; want %q", expression, got, err, want)
}
