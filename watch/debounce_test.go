package watch

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const (
	quiet   = 40 * time.Millisecond
	brief   = 10 * time.Millisecond
	maxWait = 300 * time.Millisecond
)

// inBubble runs the test with a debounce that uses the bubble's clock.
func inBubble(t *testing.T, test func(t *testing.T, hits chan<- hit, batches <-chan Batch)) {
	inBubbleWith(t, func(map[string]struct{}) bool { return false }, test)
}

// inBubbleWith is inBubble with a function that reports whether a path looks like the middle of a write.
func inBubbleWith(t *testing.T, half func(map[string]struct{}) bool, test func(t *testing.T, hits chan<- hit, batches <-chan Batch)) {
	synctest.Test(t, func(t *testing.T) {
		hits, batches := make(chan hit), make(chan Batch)
		go debounce(hits, batches, pace{quiet: quiet, brief: brief, calm: calm, whole: whole, maxWait: maxWait, half: half})
		test(t, hits, batches)
		close(hits)
		for range batches { // blocks unless debounce closes it
		}
	})
}

// whole stands for the look at the files.
func whole(paths map[string]struct{}) bool {
	_, ok := paths["whole"]
	return ok && len(paths) == 1
}

func now(path string) hit { return hit{path: path, at: time.Now()} }

func TestBatchComesWhenTheBurstIsOver(t *testing.T) {
	inBubble(t, func(t *testing.T, hits chan<- hit, batches <-chan Batch) {
		start := time.Now()
		hits <- now("b")
		time.Sleep(30 * time.Millisecond)
		hits <- now("a")
		time.Sleep(30 * time.Millisecond)
		hits <- now("b")
		got := <-batches
		if since := time.Since(start); since != 60*time.Millisecond+quiet {
			t.Errorf("the batch came after %v", since)
		}
		want := Batch{Paths: []string{"a", "b"}, First: start, Last: start.Add(60 * time.Millisecond)}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("\n got %v\nwant %v", got, want)
		}
	})
}

// A file that is emptied and then filled makes one batch. One that stays empty makes a batch in the end.
func TestBatchWaitsForTheOtherHalf(t *testing.T) {
	var empty atomic.Bool
	empty.Store(true)
	half := func(map[string]struct{}) bool { return empty.Load() }
	inBubbleWith(t, half, func(t *testing.T, hits chan<- hit, batches <-chan Batch) {
		start := time.Now()
		hits <- now("a")
		time.Sleep(150 * time.Millisecond)
		empty.Store(false)
		hits <- now("a")
		got := <-batches
		if since := time.Since(start); since != 150*time.Millisecond+quiet || got.More {
			t.Errorf("the batch came after %v, more %v", since, got.More)
		}
		empty.Store(true)
		start = time.Now()
		hits <- now("a")
		<-batches
		if since := time.Since(start); since != maxWait {
			t.Errorf("the batch of what stays empty came after %v", since)
		}
	})
}

func TestBatchComesInTheMidstOfAStorm(t *testing.T) {
	inBubble(t, func(t *testing.T, hits chan<- hit, batches <-chan Batch) {
		start := time.Now()
		stop := make(chan struct{})
		storm := make(chan struct{})
		go func() {
			defer close(storm)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case hits <- now(fmt.Sprint(i)):
					time.Sleep(time.Millisecond)
				}
			}
		}()
		got := <-batches
		if since := time.Since(start); since != maxWait {
			t.Errorf("the batch came after %v", since)
		}
		if n := len(got.Paths); n < 290 || n > 301 || !got.More {
			t.Errorf("the batch has %d paths, and more to come is %v", n, got.More)
		}
		close(stop)
		<-storm
	})
}

func TestSlowConsumerGetsOneLargeBatch(t *testing.T) {
	inBubble(t, func(t *testing.T, hits chan<- hit, batches <-chan Batch) {
		for i := range 1000 {
			hits <- now(fmt.Sprintf("%04d", i))
			time.Sleep(10 * time.Millisecond)
		}
		hits <- hit{at: time.Now(), rescan: true}
		got := <-batches
		if len(got.Paths) != 1000 || !got.Rescan {
			t.Errorf("got %d paths, rescan %v", len(got.Paths), got.Rescan)
		}
		if span := got.Last.Sub(got.First); span != 10*time.Second {
			t.Errorf("the batch spans %v", span)
		}
		hits <- now("next")
		if got := <-batches; !reflect.DeepEqual(got.Paths, []string{"next"}) || got.Rescan {
			t.Errorf("what was taken came again: %v", got)
		}
	})
}

func TestConsumerThatComesInAStormIsServedSoon(t *testing.T) {
	inBubble(t, func(t *testing.T, hits chan<- hit, batches <-chan Batch) {
		stop, storm := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(storm)
			for {
				select {
				case <-stop:
					return
				case hits <- now("x"):
					time.Sleep(time.Millisecond)
				}
			}
		}()
		time.Sleep(5 * time.Second)
		came := time.Now()
		<-batches
		if waited := time.Since(came); waited > quiet {
			t.Errorf("the consumer waited %v", waited)
		}
		close(stop)
		<-storm
	})
}

// TestOneWholeFileIsNotWaitedForLong: one file that was written after a pause makes a batch soon. What follows soon after,
// comes together with another path, or is not whole, may be part of something larger.
func TestOneWholeFileIsNotWaitedForLong(t *testing.T) {
	inBubble(t, func(t *testing.T, hits chan<- hit, batches <-chan Batch) {
		for _, c := range []struct {
			pause time.Duration
			paths []string
			after time.Duration
		}{
			{0, []string{"whole"}, brief},
			{calm, []string{"whole", "whole"}, brief},
			{calm / 2, []string{"whole"}, quiet},
			{calm, []string{"whole", "other"}, quiet},
			{calm, []string{"other"}, quiet},
		} {
			time.Sleep(c.pause)
			for _, p := range c.paths {
				hits <- now(p)
			}
			start := time.Now()
			if got := <-batches; time.Since(start) != c.after || got.More {
				t.Errorf("%v after %v: a batch came after %v, more %v, want %v", c.paths, c.pause, time.Since(start), got.More, c.after)
			}
		}
	})
}
