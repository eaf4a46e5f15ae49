package reload

import (
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/net/html"
)

const tag = `<script id="tag"></script>`

// pages are pages, with a bar where the tag belongs.
var pages = []string{
	"<!doctype html><html><head>|<title>x</title></head><body>y</body></html>",
	"<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\r\n<HTML lang=en>\n<HEAD profile='>'>|<meta charset=latin1>",
	"\xef\xbb\xbf<!doctype html>\n<head>|<title>x</title>",
	"  \n<!-- a --><!--> <!---><!-- -- > --!><!-- --><html data-x=\"<head>\" data-y=a'b><head\n>|",
	"<!doctype html>\n|<title>no head</title><p>x",
	"<html>|<body>no head</body></html>",
	"<html class = '>' >\n<!-- c -->|<meta charset=utf-8><header>x</header>",
	"|<header>not a head</header>",
	"|<h1>nor is this</h1>",
	"|<p>hello",
	"|hello",
	"|a < b",
	"|</p><html><head>",
	"<?xml version=\"1.0\"?><!doctype html><html/><head/>|<title>x</title>",
	"<!doctype html><! odd ><!><!-odd><![CDATA[x]]><head>|",
	"|",
	" \n |",
	"<!-- never closed -- > <head>|",
	"<!doctype html never closed|",
	"<html lang=\"never closed> <head>|",
	"|<",
	"|<he",
	"\xef\xbb\xbf|\xef",
	"|\xef\xbb<p>",
	"|\xff<p>",
	"<head>|\xfe\xff",
}

// put returns a page with the tag in it, passed in pieces of the size.
func put(page string, size int) string {
	p := NewPage(tag)
	var out []byte
	for rest := []byte(page); len(rest) > 0; {
		n := min(size, len(rest))
		out = p.Pass(out, rest[:n])
		rest = rest[n:]
	}
	return string(p.End(out))
}

func TestTheTagGoesWhereItOpensNothingThatThePageDoesNot(t *testing.T) {
	for _, marked := range pages {
		page, want := strings.Replace(marked, "|", "", 1), strings.Replace(marked, "|", tag, 1)
		for size := 1; size <= len(page)+1; size++ {
			if got := put(page, size); got != want {
				t.Fatalf("in pieces of %d\n%q, want\n%q", size, got, want)
			}
		}
	}
}

func FuzzThePageIsTheSameButForTheTag(f *testing.F) {
	for _, marked := range pages {
		f.Add(strings.Replace(marked, "|", "", 1))
	}
	f.Fuzz(func(t *testing.T, page string) {
		whole := put(page, len(page)+1)
		if !UTF16([]byte(page)) && strings.Replace(whole, tag, "", 1) != page {
			t.Fatalf("%q became %q", page, whole)
		}
		for _, size := range []int{1, 3} {
			if got := put(page, size); got != whole {
				t.Fatalf("%q became %q, in pieces of %d %q", page, whole, size, got)
			}
		}
	})
}

// A parser as browsers have one finds the same document, whether there is a tag in it or not.
func TestABrowserReadsTheSameDocument(t *testing.T) {
	for _, marked := range pages {
		page := strings.Replace(marked, "|", "", 1)
		if strings.Contains(page, "never closed") || strings.Contains(page, "\xef\xbb") {
			// In what is never closed the tag is a part of that; and this parser takes the mark for text.
			continue
		}
		want, got := document(t, page), document(t, put(page, 1))
		if !strings.Contains(got, "<head>"+tag) && !strings.Contains(got, "<head profile=\"&gt;\">"+tag) {
			t.Errorf("%q: the tag is not the first of the head:\n%s", page, got)
		}
		if got = strings.Replace(got, tag, "", 1); got != want {
			t.Errorf("%q is\n%s, want\n%s", page, got, want)
		}
	}
}

// document returns a page as a parser reads it.
func document(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := html.Render(&text, root); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestAPageInUTF16StaysAsItIs(t *testing.T) {
	var little, big []byte
	for _, unit := range utf16.Encode([]rune("\ufeff<!doctype html><head>")) {
		little = append(little, byte(unit), byte(unit>>8))
		big = append(big, byte(unit>>8), byte(unit))
	}
	for _, page := range [][]byte{little, big} {
		for _, size := range []int{1, 100} {
			if got := put(string(page), size); got != string(page) {
				t.Errorf("%q became %q", page, got)
			}
		}
		if !UTF16(page[:2]) {
			t.Errorf("%q is not known as UTF-16", page)
		}
	}
}
