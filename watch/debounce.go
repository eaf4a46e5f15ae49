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

// pace says when debounce offers a batch.
type pace struct {
	// quiet is how long no hit has to come. It is brief where calm had passed before the batch's first hit, and whole
	// reports that its paths look like all of a save.
	quiet, brief, calm time.Duration
	whole              func(paths map[string]struct{}) bool
	// maxWait is how old a batch's first hit gets. Only that counts while half reports that one of the paths looks like
	// the middle of a write.
	maxWait time.Duration
	half    func(paths map[string]struct{}) bool
}

// debounce collects hits into batches, and offers them as the pace says. A batch that is not received goes on to grow, so
// that a slow consumer gets one large batch later and loses nothing. When hits is closed, debounce drops the batch that
// was not received, closes batches and returns.
func debounce(hits <-chan hit, batches chan<- Batch, p pace) {
	defer close(batches)
	var (
		paths = map[string]struct{}{}
		batch Batch
		timer = time.NewTimer(time.Hour)
		// before is the time of the last hit of the batch before, wait what this one waits for.
		before time.Time
		wait   time.Duration
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
			wait = p.quiet
			if !batch.Rescan && !late && batch.First.Sub(before) >= p.calm {
				wait = p.brief
			}
			switch {
			case !late:
				timer.Reset(min(wait, time.Until(batch.First.Add(p.maxWait))))
			case offer != nil: // sort the batch again, but not for each hit of a storm
				timer.Reset(wait)
			}
			offer = nil
			continue
		case <-timer.C:
			if rest := time.Until(batch.First.Add(p.maxWait)); !late && rest > 0 {
				if wait < p.quiet && !p.whole(paths) {
					timer.Reset(min(p.quiet-wait, rest))
					wait = p.quiet
					continue
				}
				if p.half(paths) {
					timer.Reset(rest)
					continue
				}
			}
			batch.Paths = sorted(paths)
			batch.More = time.Since(batch.Last) < wait
			late, offer = true, batches
			select { // every hit that is waiting
			case batches <- batch:
			default:
				continue
			}
		case offer <- batch:
		}
		clear(paths)
		before = batch.Last
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
