package conformance

import (
	"fmt"
	"strings"
)

const preface = `# Conformance

Generated from internal/conformance/rows.txt and the names of tests, by
` + "`go generate ./internal/conformance`" + `. Do not edit it: a test compares it with what it should be.

Every row is one demand of the standards, or of this module on itself, with the tests that bear its id: as
the name of a subtest or a row of their table, or in their own name with underscores.

| state | meaning |
|---|---|
| held | the tests named hold it |
| held in part | they hold it but for what the state says |
| decided otherwise | the module does something else, for the reason given |
| not yet | it belongs to a feature that does not exist yet; nothing in the module makes use of what the row guards |

Throughout:
- An error of configuration is an error of the constructor. The constructors that take literals (` + "`middleware.New`,\n  `grpcauth.New`, `scope.All`, `token.ByIssuer`" + `) panic with it instead, and their ` + "`Validate`" + ` methods return it.
- The library logs nothing and counts nothing. What a row calls an alarm or a metric is a hook, or a field of a status.
- There is no HMAC: a resource server holds public keys only.
- Callers are told one of a few fixed sentences. Reasons are for operators: see [reasons.md](reasons.md).
`

// Table is the whole document.
func Table(rows []Row, tests Tests) string {
	var b strings.Builder
	b.WriteString(preface)
	b.WriteString("\n" + summary(rows) + "\n")
	title := ""
	for _, r := range rows {
		if r.Title != title {
			title = r.Title
			fmt.Fprintf(&b, "\n## %s\n\n| row | source | demand | tests | state |\n|---|---|---|---|---|\n", title)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.ID, r.Source(), escape(r.Says), list(tests.Of(r.ID)), escape(state(r)))
	}
	return b.String()
}

func summary(rows []Row) string {
	counts := map[Fate]int{}
	for _, r := range rows {
		counts[r.Fate]++
	}
	return fmt.Sprintf("%d rows: %d held, %d held in part, %d decided otherwise, %d not yet.",
		len(rows), counts[Held], counts[Part], counts[Otherwise], counts[Later])
}

func state(r Row) string {
	switch r.Fate {
	case Part:
		return "held in part: " + r.Why
	case Otherwise:
		return "decided otherwise: " + r.Why
	case Later:
		return "not yet: " + r.Why
	default:
		return "held"
	}
}

// list shortens what would make the table unreadable: a test that is named
// once for each package it is in.
func list(tests []string) string {
	names := make([]string, len(tests))
	for i, test := range tests {
		names[i] = "`" + test + "`"
	}
	return strings.Join(names, "<br>")
}

func escape(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
