package watch

import (
	"slices"
	"time"
)

// hit is one sign of a write.
type hit struct {
	path string // empty where only rescan is said
	at   time.Time
	// rescan tells that there were more writes than is known.
	rescan bool
}

// Batch is a burst of writes.
type Batch struct {
	// Paths are slash-separated and relative to the root, files of Options.Extra outside of it by their
	// absolute path; sorted, each once. Folders are among them when they came, went or changed their mode.
	Paths []string
	// First and Last are the times of the first and the last write seen.
	First, Last time.Time
	// Rescan tells that Paths may lack some: the whole tree has to be compared.
	Rescan bool
	// More tells that writes still came when the batch was handed out, because the first had waited long enough.
	More bool
}

// debounce gathers hits into batches. A batch is offered when no hit has come for the quiet time, or when
// its first hit is maxWait old. While nobody takes it, it goes on to grow: a slow consumer gets one large
// batch later and loses nothing. When hits is closed, debounce drops what has not been taken, closes
// batches and returns. While half tells of the paths that one of them looks like the middle of a write, silence is
// not enough.
func debounce(hits <-chan hit, batches chan<- Batch, quiet, maxWait time.Duration, half func(paths map[string]struct{}) bool) {
	defer close(batches)
	var (
		paths = map[string]struct{}{}
		batch Batch
		timer = time.NewTimer(time.Hour)
		// late tells that the batch was offered already, offer is where to, nil while it grows.
		late  bool
		offer chan<- Batch
	)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case h, ok := <-hits:
			if !ok {
				return
			}
			if batch.First.IsZero() {
				batch.First = h.at
			}
			batch.Last = h.at
			batch.Rescan = batch.Rescan || h.rescan
			if h.path != "" {
				paths[h.path] = struct{}{}
			}
			switch {
			case !late:
				timer.Reset(min(quiet, time.Until(batch.First.Add(maxWait))))
			case offer != nil: // sort it again, but not for each hit of a storm
				timer.Reset(quiet)
			}
			offer = nil
			continue
		case <-timer.C:
			if rest := time.Until(batch.First.Add(maxWait)); !late && rest > 0 && half(paths) {
				timer.Reset(rest)
				continue
			}
			batch.Paths = sorted(paths)
			batch.More = time.Since(batch.Last) < quiet
			late, offer = true, batches
			select { // now, however many hits are waiting
			case batches <- batch:
			default:
				continue
			}
		case offer <- batch:
		}
		clear(paths)
		batch, late, offer = Batch{}, false, nil
	}
}

func sorted(set map[string]struct{}) []string {
	list := make([]string, 0, len(set))
	for p := range set {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}
