package ui

import "strings"

// flow wraps the rows that do not fit. The right side of a row stays on its first line.
func flow(rows []row, width int) []row {
	var out []row
	for _, r := range rows {
		room := width
		if n := r.right.Width(); n > 0 {
			room -= n + 1
		}
		if r.left.Width() <= room {
			out = append(out, r)
			continue
		}
		for i, l := range r.left.Flow(room, r.hang) {
			if i == 0 {
				r.left = l
				out = append(out, r)
				continue
			}
			out = append(out, row{left: l, tail: true})
		}
	}
	return out
}

// head returns the row that row i continues, which is i itself where it is no tail.
func head(rows []row, i int) int {
	for i > 0 && rows[i].tail {
		i--
	}
	return i
}

// last returns the last of the rows that continue row i.
func last(rows []row, i int) int {
	for i+1 < len(rows) && rows[i+1].tail {
		i++
	}
	return i
}

// whole returns the text of row i with the rows that continue it.
func whole(rows []row, i int) string {
	text := rows[i].text()
	for j := i + 1; j <= last(rows, i); j++ {
		text += " " + strings.TrimLeft(rows[j].text(), " ")
	}
	return text
}

// tails makes the rows continue the one before them.
func tails(rows []row) []row {
	for i := range rows {
		rows[i].tail = true
	}
	return rows
}
