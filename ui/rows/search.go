package rows

import "github.com/stagewatch/stagewatch/ui/present"

func (l *List) Find(dir int, here bool) {
	rows := l.Rows()
	at, cursor := l.searched(rows), anySelectable(rows)
	if !here {
		at += dir
	}
	for range rows {
		at = (at + len(rows)) % len(rows)
		if l.matches(rows, at, cursor) {
			l.moved = true
			if cursor {
				l.Cursor = at
			} else {
				l.searchAt, l.Offset = at, at
			}
			return
		}
		at += dir
	}
}

func (l *List) Found() (at, of int) {
	rows := l.Rows()
	cursor, here := anySelectable(rows), l.searched(rows)
	for i := range rows {
		if l.matches(rows, i, cursor) {
			if of++; i == here {
				at = of
			}
		}
	}
	return at, of
}

// matches reports whether the row that begins at i holds the search text and the cursor can be on it.
func (l *List) matches(rows []present.Row, i int, cursor bool) bool {
	return !rows[i].Tail && (!cursor || rows[i].Ref != nil) && l.Look.Finds(present.Whole(rows, i))
}

// searched returns the row that a search is at.
func (l *List) searched(rows []present.Row) int {
	if anySelectable(rows) {
		return l.Cursor
	}
	return l.searchAt
}
