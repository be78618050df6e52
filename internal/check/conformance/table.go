package conformance

import (
	"fmt"
	"slices"
	"strings"
)

const preface = `# Conformance

Generated from internal/check/conformance/rows.txt and the names of tests, by
` + "`go generate ./internal/check/conformance`" + `. Do not edit it: a test compares it with what it should be.

Every row is one demand of the standards, or of this module on itself, with the tests that bear its id: as
the name of a subtest or a row of their table, or in their own name with underscores.

| state | meaning |
|---|---|
| held | the tests named hold it |
| held in part | they hold it but for what the state says |
| decided otherwise | the module does something else, for the reason given |
| not yet | it belongs to a feature that does not exist yet; [not-yet.md](not-yet.md) lists those |

Throughout:
- An error of configuration is an error of the constructor. The constructors that take literals (` + "`middleware.New`,\n  `grpcauth.New`, `scope.All`, `token.ByIssuer`" + `) panic with it instead, and their ` + "`Validate`" + ` methods return it.
- The library logs nothing and counts nothing. What a row calls an alarm or a metric is a hook, or a field of a status.
- There is no HMAC: a resource server holds public keys only.
- Callers are told one of a few fixed sentences. Reasons are for operators: see [reasons.md](reasons.md).
`

const laterPreface = `# Not yet

Generated from internal/check/conformance/rows.txt by ` + "`go generate ./internal/check/conformance`" + `. Do not edit it.

These demands belong to features that do not exist yet. Nothing in the module makes use of what they guard.
[conformance.md](conformance.md) has the demands that are held today.
`

// Table is the document of the rows that apply today.
func Table(rows []Row, tests Tests) string {
	var b strings.Builder
	b.WriteString(preface)
	b.WriteString("\n" + summary(rows))
	sections(&b, without(rows, Later), "| row | source | demand | tests | state |\n|---|---|---|---|---|\n", func(r Row) string {
		return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", r.ID, r.Source(), escape(r.Says), list(tests.Of(r.ID)), escape(state(r)))
	})
	return b.String()
}

// LaterTable is the document of the rows of features to come.
func LaterTable(rows []Row) string {
	var b strings.Builder
	b.WriteString(laterPreface)
	sections(&b, without(rows, Held, Part, Otherwise), "| row | source | demand | feature |\n|---|---|---|---|\n", func(r Row) string {
		return fmt.Sprintf("| %s | %s | %s | %s |\n", r.ID, r.Source(), escape(r.Says), escape(r.Why))
	})
	return b.String()
}

func without(rows []Row, fates ...Fate) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return slices.Contains(fates, r.Fate) })
}

// sections writes a table for each run of rows with the same title.
func sections(b *strings.Builder, rows []Row, head string, line func(Row) string) {
	title := ""
	for _, r := range rows {
		if r.Title != title {
			title = r.Title
			b.WriteString("\n## " + title + "\n\n" + head)
		}
		b.WriteString(line(r))
	}
}

// summary counts the rows of each section.
func summary(rows []Row) string {
	titles := []string{"all"}
	counts := map[string]map[Fate]int{"all": {}}
	for _, r := range rows {
		if counts[r.Title] == nil {
			counts[r.Title] = map[Fate]int{}
			titles = append(titles, r.Title)
		}
		counts[r.Title][r.Fate]++
		counts["all"][r.Fate]++
	}
	var b strings.Builder
	b.WriteString("| section | rows | held | in part | otherwise | [not yet](not-yet.md) |\n|---|--:|--:|--:|--:|--:|\n")
	for _, title := range titles {
		c := counts[title]
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", title, c[Held]+c[Part]+c[Otherwise]+c[Later], c[Held], c[Part], c[Otherwise], c[Later])
	}
	return b.String()
}

func state(r Row) string {
	switch r.Fate {
	case Part:
		return "held in part: " + r.Why
	case Otherwise:
		return "decided otherwise: " + r.Why
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
