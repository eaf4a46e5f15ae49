package story

import (
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// logged returns all lines of the log.
func (s *Story) logged() string {
	var all strings.Builder
	for i := s.Logs.First(); i < s.Logs.Next(); i++ {
		all.WriteString(s.Logs.At(i).Text + "\n")
	}
	return all.String()
}

func TestWhatANewContainerIsWaitedForHoldsUntilItServesOrEnds(t *testing.T) {
	for name, end := range map[string]event.Event{
		"serves":   {Build: 2, Body: event.Serving{Container: "two"}},
		"exits":    {Build: 2, Body: event.Stopped{Container: "two", Reason: event.StopExited, ExitCode: 1}},
		"replaced": {Build: 2, Body: event.Stopped{Container: "two", Reason: event.StopReplaced}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(10)
			s.Apply(event.Event{Build: 2, Body: event.Waiting{Container: "two", For: ":8080", Message: "your app listens on 5000\x1b[2J", Hint: "-p 8080:5000"}})
			if s.Starting == nil || s.Starting.Build != 2 || s.Starting.For != ":8080" || strings.Contains(s.Starting.Message, "\x1b") {
				t.Fatalf("%+v", s.Starting)
			}
			s.Apply(event.Event{Build: 1, Body: event.Stopped{Container: "one", Reason: event.StopReplaced}})
			if s.Starting == nil {
				t.Error("another container's end ended it")
			}
			if s.Apply(end); s.Starting != nil {
				t.Errorf("still %+v", s.Starting)
			}
		})
	}
}

func TestOldContainersFinishTheirRequestsUntilTheyStop(t *testing.T) {
	s := New(10)
	s.Apply(event.Event{Time: time.Now(), Build: 1, Body: event.Draining{Container: "one", Requests: 1}})
	s.Apply(event.Event{Time: time.Now(), Build: 2, Body: event.Draining{Container: "two", Requests: 2}})
	s.Apply(event.Event{Build: 1, Body: event.Stopped{Container: "one", Reason: event.StopReplaced}})
	if len(s.Draining) != 1 || s.Draining[0].String() != "build #2 finishes 2 requests" {
		t.Errorf("%v", s.Draining)
	}
	if log := s.logged(); !strings.Contains(log, "build #1 finishes 1 request\n") {
		t.Errorf("the log says %q", log)
	}
}

func TestALogThatCannotBeReadSaysWhyInItsPlace(t *testing.T) {
	s := New(10)
	s.Apply(event.Event{Time: time.Now(), Body: event.Warning{Code: event.CodeNoLog, Message: "the app's log can't be shown: why"}})
	if log := s.logged(); !strings.Contains(log, "the app's log can't be shown: why") || s.Warned(event.CodeNoLog) == nil {
		t.Errorf("the log says %q", log)
	}
}

func TestALostNetworkIsNoWarningOnceItIsBack(t *testing.T) {
	s := New(10)
	s.Apply(event.Event{Build: 1, Body: event.Warning{Code: event.CodeNetworkLost, Message: "lost"}})
	if s.Warned(event.CodeNetworkLost) == nil {
		t.Fatal("it is not told")
	}
	if s.Apply(event.Event{Build: 1, Body: event.Warning{Code: event.CodeNetworkBack, Message: "back"}}); len(s.Warnings) > 0 {
		t.Errorf("%+v", s.Warnings)
	}
}
