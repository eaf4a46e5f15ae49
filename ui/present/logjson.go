package present

import (
	"encoding/json"
	"strings"

	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// ReadableLog turns a log line that is a JSON object into its level, its message and the other fields in their order. It
// returns nil for any other line. Escapes in the JSON can hide control characters, so its texts are cleaned once more.
func ReadableLog(text string) draw.Line {
	if len(text) < 2 || text[0] != '{' || text[len(text)-1] != '}' {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	var level, message string
	var rest draw.Line
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil
		}
		name, value := clean.Line(key.(string)), jsonText(raw)
		switch strings.ToLower(name) {
		case "level", "severity", "lvl", "loglevel":
			level = strings.ToUpper(value)
		case "msg", "message", "event":
			message = value
		case "time", "ts", "timestamp", "@timestamp":
			// The panel has timestamps of its own.
		default:
			rest = rest.Add(draw.Dim, " "+name+"=").Add(draw.Plain, value)
		}
	}
	if message == "" && level == "" {
		return nil
	}
	var line draw.Line
	if level != "" {
		line = line.Add(levelStyle(level), draw.Cut(level, 8)+" ")
	}
	return append(line.Add(draw.Plain|draw.Bold, message).Add(draw.Plain, " "), rest...)
}

func jsonText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return clean.Line(s)
	}
	return clean.Line(string(raw))
}

func levelStyle(level string) draw.Style {
	switch {
	case strings.HasPrefix(level, "ERR"), strings.HasPrefix(level, "FATAL"), strings.HasPrefix(level, "CRIT"), strings.HasPrefix(level, "PANIC"):
		return draw.Bad | draw.Bold
	case strings.HasPrefix(level, "WARN"):
		return draw.Warn | draw.Bold
	case strings.HasPrefix(level, "INFO"):
		return draw.Accent
	}
	return draw.Dim
}
