package watch

import (
	"slices"
	"time"
)

// hit is a sign that something was written.
type hit struct {
	path string // empty if only rescan is meant
	at   time.Time
	// rescan says that there were more writes than are known.
	rescan bool
}

// Batch is a burst of writes.
type Batch struct {
	// Paths are slash-separated and relative to the root; files of Options.Extra outside of the root have their
	// absolute path. They are sorted and unique. A folder is among them if it was created, deleted or changed its mode.
	Paths []string
	// First and Last are the times of the first and the last write seen.
	First, Last time.Time
	// Rescan says that Paths may be incomplete: the whole tree must be compared.
	Rescan bool
	// More says that writes were still coming when the batch was sent, because the first had waited for maxWait.
	More bool
}

// debounce collects hits into batches. It offers a batch when no hit has come for the quiet time, or when the batch's
// first hit is maxWait old. A batch that is not received goes on to grow, so that a slow consumer gets one large batch
// later and loses nothing. While half reports that one of the paths looks like the middle of a write, only maxWait
// counts. When hits is closed, debounce drops the batch that was not received, closes batches and returns.
func debounce(hits <-chan hit, batches chan<- Batch, quiet, maxWait time.Duration, half func(paths map[string]struct{}) bool) {
	defer close(batches)
	var (
		paths = map[string]struct{}{}
		batch Batch
		timer = time.NewTimer(time.Hour)
		// late says that the batch was offered before. offer is the channel to send it on, nil while it grows.
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
			case offer != nil: // sort the batch again, but not for each hit of a storm
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
			select { // every hit that is waiting
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
