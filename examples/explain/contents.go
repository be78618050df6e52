package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/token"
)

// printContents shows header and claims, of which nothing may be believed
// unless every check has passed.
func printContents(out io.Writer, raw string, findings []token.Finding) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		fmt.Fprintln(out, "\nHeader and claims cannot be shown, for this is no signed token.")
		return
	}
	trusted := firstFault(findings) == nil
	printJSON(out, "Header", parts[0], trusted, passed(findings, "header is strict JSON"))
	printJSON(out, "Claims", parts[1], trusted, passed(findings, "payload is strict JSON"))
	printDates(out, raw)
}

func passed(findings []token.Finding, check string) bool {
	for _, f := range findings {
		if f.Check == check {
			return f.Err == nil && !f.Skipped
		}
	}
	return false
}

const untrusted = " (NOT VERIFIED: anybody may have written this; do not trust or act on it)"

// printJSON shows a part of the token. What is not strict JSON is not laid out,
// since depth and length of the lines would be the sender's choice.
func printJSON(out io.Writer, title, part string, trusted, strict bool) {
	if !trusted {
		title += untrusted
	}
	fmt.Fprintf(out, "\n%s:\n", title)
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		fmt.Fprintln(out, "  not base64url")
		return
	}
	var laidOut bytes.Buffer
	if !strict || json.Indent(&laidOut, text, "  ", "  ") != nil {
		fmt.Fprintln(out, "  "+printable(cut(strconv.QuoteToASCII(string(text)))))
		return
	}
	for line := range strings.Lines(laidOut.String()) {
		fmt.Fprintln(out, "  "+printable(strings.TrimRight(line, "\n")))
	}
}

// cut keeps a text that is no JSON from filling the screen.
func cut(text string) string {
	const most = 2000
	if len(text) <= most {
		return text
	}
	return text[:most] + "..."
}

// claimsOf are the claims that a token says it has, or nil. Names are compared as a
// service compares them, by case too.
func claimsOf(raw string) (claims map[string]json.RawMessage) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return nil
	}
	return claims
}

// printDates adds what the dates of the claims mean.
func printDates(out io.Writer, raw string) {
	claims := claimsOf(raw)
	if claims == nil {
		return
	}
	fmt.Fprintf(out, "\nNow is %s.\n", time.Now().UTC().Format(time.RFC3339))
	for _, name := range []string{"iat", "nbf", "exp", "auth_time"} {
		printDate(out, name, claims[name])
	}
}

func printDate(out io.Writer, name string, value json.RawMessage) {
	const latest = 253402300799 // the last second of the year 9999
	var seconds *float64
	if json.Unmarshal(value, &seconds) != nil || seconds == nil || *seconds < 0 || *seconds > latest {
		return // of any other type a date counts as absent, or is refused
	}
	fmt.Fprintf(out, "  %s is %s\n", name, time.Unix(int64(*seconds), 0).UTC().Format(time.RFC3339))
}

// printable escapes what could play tricks on a terminal. JSON stays JSON.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
