// Package redact takes the values of build arguments out of what is shown: out of texts, events and errors.
package redact

import (
	"cmp"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stagewatch/stagewatch/engine/event"
)

const (
	// shortestValue is the shortest value that is hidden: shorter ones are parts of all kinds of words by accident.
	shortestValue = 4
	// longValue is the length from which even a mere word or number is hidden, and other values also within words.
	longValue = 8
)

// Values hides the values of build arguments: people pass tokens that way. Each is replaced by the argument's name, as a
// Dockerfile has it. It is applied where texts leave the engine, and nowhere before: paths have to match files. The nil
// *Values hides nothing. Its methods are safe for concurrent use.
type Values struct{ given []givenValue }

// givenValue is one form of an argument's value.
type givenValue struct {
	name, text string
	// whole reports whether it is hidden only where it is a word of its own.
	whole bool
}

// New returns what hides the values of the arguments, which are NAME=value each. Values that one of the open texts has
// in it are no secret and stay. It returns nil where nothing is to be hidden.
func New(args []string, open ...string) *Values {
	known := strings.Join(open, "\n")
	v := &Values{}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		quoted := strconv.Quote(value)
		// As it is, as messages quote it, as it is in a path, and as it is in a URL.
		for _, text := range []string{value, quoted[1 : len(quoted)-1], strings.Trim(path.Clean(value), "/"), url.PathEscape(value), url.QueryEscape(value)} {
			if whole, ok := hides(text); ok && !strings.Contains(known, text) {
				v.given = append(v.given, givenValue{name, text, whole})
			}
		}
	}
	if len(v.given) == 0 {
		return nil
	}
	// The longer one first: it may contain the other.
	slices.SortStableFunc(v.given, func(a, b givenValue) int { return cmp.Compare(len(b.text), len(a.text)) })
	return v
}

// hides reports whether a value is hidden, and whether only where it is a word of its own.
func hides(value string) (whole, ok bool) {
	word := strings.IndexFunc(value, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
	number := strings.Trim(value, "0123456789.") == ""
	length := utf8.RuneCountInString(value)
	switch {
	case length >= longValue:
		return word || number, true
	case length >= shortestValue:
		return true, !word && !number
	}
	return false, false
}

// Text returns a text without the values.
func (v *Values) Text(s string) string {
	if v == nil || !slices.ContainsFunc(v.given, func(g givenValue) bool { return strings.Contains(s, g.text) }) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		at := slices.IndexFunc(v.given, func(g givenValue) bool { return g.stands(s, i) })
		if at < 0 {
			out.WriteByte(s[i])
			i++
			continue
		}
		g := v.given[at]
		i += len(g.text)
		if next, _ := utf8.DecodeRuneInString(s[i:]); i < len(s) && inName(next) {
			out.WriteString("${" + g.name + "}")
		} else {
			out.WriteString("$" + g.name)
		}
	}
	return out.String()
}

// stands reports whether the value stands in s at i.
func (g givenValue) stands(s string, i int) bool {
	rest, ok := strings.CutPrefix(s[i:], g.text)
	if !ok || !g.whole {
		return ok
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(rest)
	return (i == 0 || !inWord(before)) && (rest == "" || !inWord(after))
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
func inName(r rune) bool { return inWord(r) || r == '_' }

// Body returns an event without the values, but for the fields that [event.NeverRedacted] names and for lines of output.
func (v *Values) Body(b event.Body) event.Body {
	if v == nil {
		return b
	}
	if _, isLine := event.Line(b); isLine {
		return b // what the app and the steps print is theirs
	}
	if out, changed := v.in(reflect.ValueOf(b)); changed {
		return out.Interface().(event.Body)
	}
	return b
}

// in returns x without the values. It copies what it changes: events share their slices and maps with the engine.
func (v *Values) in(x reflect.Value) (out reflect.Value, changed bool) {
	switch x.Kind() {
	case reflect.String:
		text := v.Text(x.String())
		if text == x.String() {
			return x, false
		}
		return reflect.ValueOf(text).Convert(x.Type()), true
	case reflect.Pointer:
		if x.IsNil() {
			return x, false
		}
		inner, changed := v.in(x.Elem())
		if !changed {
			return x, false
		}
		out = reflect.New(x.Type().Elem())
		out.Elem().Set(inner)
		return out, true
	case reflect.Struct:
		out = x
		for i := range x.NumField() {
			if f := x.Type().Field(i); !f.IsExported() || event.NeverRedacted(f) {
				continue
			}
			if field, differs := v.in(x.Field(i)); differs {
				if !changed {
					out, changed = reflect.New(x.Type()).Elem(), true
					out.Set(x)
				}
				out.Field(i).Set(field)
			}
		}
	case reflect.Slice:
		out = x
		for i := range x.Len() {
			if e, differs := v.in(x.Index(i)); differs {
				if !changed {
					out, changed = reflect.MakeSlice(x.Type(), x.Len(), x.Len()), true
					reflect.Copy(out, x)
				}
				out.Index(i).Set(e)
			}
		}
	case reflect.Map:
		out = x
		for _, key := range x.MapKeys() {
			k, differs := v.in(key)
			e, too := v.in(x.MapIndex(key))
			if !differs && !too {
				continue
			}
			if !changed {
				out, changed = reflect.MakeMapWithSize(x.Type(), x.Len()), true
				for _, key := range x.MapKeys() {
					out.SetMapIndex(key, x.MapIndex(key))
				}
			}
			out.SetMapIndex(key, reflect.Value{})
			out.SetMapIndex(k, e)
		}
	default:
		return x, false
	}
	return out, changed
}

// Error returns an error that says what err does, without the values.
func (v *Values) Error(err error) error {
	if err == nil || v.Text(err.Error()) == err.Error() {
		return err
	}
	return hidingError{err, v}
}

type hidingError struct {
	error
	values *Values
}

func (e hidingError) Error() string { return e.values.Text(e.error.Error()) }
func (e hidingError) Unwrap() error { return e.error }
