package logs

import (
	"strconv"
	"strings"
	"time"
)

// stamp is a compiled time format.
type stamp struct {
	layout string // of Go; empty: pieces
	pieces []piece
}

// piece is a token of day.js, or text that stands for itself.
type piece struct{ token, text string }

// parseStamp reads a time format. It is one of
//   - a name: RFC3339, DateTime, Kitchen and the other layouts of Go's package
//     time by their names, ISO8601 (RFC3339 with milliseconds), Unix, UnixMilli
//   - a layout as Go has it, known by the year 2006 or the hour 15 or 3 in it
//   - else tokens as day.js and PM2 have them: YYYY-MM-DD HH:mm:ss.SSS Z, with
//     [text] for letters that stand for themselves
//
// Every text is a format: what is no token stands for itself.
func parseStamp(format string) stamp {
	if layout := namedLayout(format); layout != "" {
		return stamp{layout: layout}
	}
	switch format {
	case "Unix":
		return stamp{pieces: []piece{{token: "X"}}}
	case "UnixMilli":
		return stamp{pieces: []piece{{token: "x"}}}
	}
	for _, sign := range []string{"2006", "15:04", "03:04", "3:04"} {
		if strings.Contains(format, sign) {
			return stamp{layout: format}
		}
	}
	return stamp{pieces: tokens(format)}
}

const iso8601 = "2006-01-02T15:04:05.000Z07:00"

func namedLayout(name string) string {
	switch name {
	case "ISO8601":
		return iso8601
	case "RFC3339":
		return time.RFC3339
	case "RFC3339Nano":
		return time.RFC3339Nano
	case "RFC822":
		return time.RFC822
	case "RFC822Z":
		return time.RFC822Z
	case "RFC850":
		return time.RFC850
	case "RFC1123":
		return time.RFC1123
	case "RFC1123Z":
		return time.RFC1123Z
	case "ANSIC":
		return time.ANSIC
	case "UnixDate":
		return time.UnixDate
	case "RubyDate":
		return time.RubyDate
	case "Kitchen":
		return time.Kitchen
	case "Stamp":
		return time.Stamp
	case "StampMilli":
		return time.StampMilli
	case "StampMicro":
		return time.StampMicro
	case "StampNano":
		return time.StampNano
	case "DateTime":
		return time.DateTime
	case "DateOnly":
		return time.DateOnly
	case "TimeOnly":
		return time.TimeOnly
	}
	return ""
}

// tokens takes a day.js format apart.
func tokens(format string) (list []piece) {
	for format != "" {
		if text, rest, ok := bracketed(format); ok {
			list, format = append(list, piece{text: text}), rest
			continue
		}
		if token := leading(format); token != "" {
			list, format = append(list, piece{token: token}), format[len(token):]
			continue
		}
		if last := len(list) - 1; last >= 0 && list[last].token == "" {
			list[last].text += format[:1]
		} else {
			list = append(list, piece{text: format[:1]})
		}
		format = format[1:]
	}
	return list
}

// bracketed cuts [text] off the beginning.
func bracketed(format string) (text, rest string, ok bool) {
	if format[0] != '[' {
		return "", "", false
	}
	return strings.Cut(format[1:], "]")
}

// leading is the longest token at the beginning, or "".
func leading(format string) string {
	for n := min(4, len(format)); n > 0; n-- {
		switch token := format[:n]; token {
		case "YYYY", "YY", "Y", "MMMM", "MMM", "MM", "M", "DD", "D", "Do", "dddd", "ddd", "dd", "d",
			"HH", "H", "hh", "h", "mm", "m", "ss", "s", "SSS", "SS", "S", "A", "a", "ZZ", "Z", "X", "x", "Q":
			return token
		}
	}
	return ""
}

// append writes a moment.
func (s stamp) append(b []byte, t time.Time) []byte {
	if s.layout != "" {
		return t.AppendFormat(b, s.layout)
	}
	for _, p := range s.pieces {
		if p.token == "" {
			b = append(b, p.text...)
		} else {
			b = appendToken(b, p.token, t)
		}
	}
	return b
}

func appendToken(b []byte, token string, t time.Time) []byte {
	switch token {
	case "Do":
		return append(strconv.AppendInt(b, int64(t.Day()), 10), ordinal(t.Day())...)
	case "d":
		return strconv.AppendInt(b, int64(t.Weekday()), 10)
	case "dd":
		return append(b, t.Weekday().String()[:2]...)
	case "H":
		return strconv.AppendInt(b, int64(t.Hour()), 10)
	case "SSS", "SS", "S":
		return append(b, pad(t.Nanosecond()/1e6, 3)[:len(token)]...)
	case "X":
		return strconv.AppendInt(b, t.Unix(), 10)
	case "x":
		return strconv.AppendInt(b, t.UnixMilli(), 10)
	case "Q":
		return strconv.AppendInt(b, int64(t.Month()-1)/3+1, 10)
	case "Y":
		return strconv.AppendInt(b, int64(t.Year()), 10)
	}
	return t.AppendFormat(b, goToken(token))
}

// goToken is what Go calls a token that it has, too.
func goToken(token string) string {
	switch token {
	case "YYYY":
		return "2006"
	case "YY":
		return "06"
	case "MMMM":
		return "January"
	case "MMM":
		return "Jan"
	case "MM":
		return "01"
	case "M":
		return "1"
	case "DD":
		return "02"
	case "D":
		return "2"
	case "dddd":
		return "Monday"
	case "ddd":
		return "Mon"
	case "HH":
		return "15"
	case "hh":
		return "03"
	case "h":
		return "3"
	case "mm":
		return "04"
	case "m":
		return "4"
	case "ss":
		return "05"
	case "s":
		return "5"
	case "A":
		return "PM"
	case "a":
		return "pm"
	case "Z":
		return "-07:00"
	}
	return "-0700" // ZZ
}

// pad writes a number with at least so many digits.
func pad(n, digits int) string {
	text := strconv.Itoa(n)
	return strings.Repeat("0", max(digits-len(text), 0)) + text
}

func ordinal(day int) string {
	switch {
	case day%10 == 1 && day != 11:
		return "st"
	case day%10 == 2 && day != 12:
		return "nd"
	case day%10 == 3 && day != 13:
		return "rd"
	}
	return "th"
}
