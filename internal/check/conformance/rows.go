package conformance

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed rows.txt
var rowsText string

// Row is one demand of the checklist.
type Row struct {
	ID    string
	Says  string
	Fate  Fate
	Why   string // of every Fate but Held
	Title string // of the section it is in
	// Strict tells that the section has to be held throughout.
	Strict bool
}

// Fate is what becomes of a row.
type Fate string

// The fates of a row. Those of the first three need a test.
const (
	Held      Fate = "held"
	Part      Fate = "part"
	Otherwise Fate = "otherwise"
	Later     Fate = "later"
)

// Rows are all rows, in the order of the checklist.
func Rows() ([]Row, error) {
	var rows []Row
	var title string
	var strict bool
	for line := range strings.Lines(rowsText) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "##"):
			title, strict = strings.CutPrefix(line[2:], "!")
			title = strings.TrimSpace(title)
		case line == "" || strings.HasPrefix(line, "#"):
		default:
			row, err := parseRow(line)
			if err != nil {
				return nil, err
			}
			row.Title, row.Strict = title, strict
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func parseRow(line string) (Row, error) {
	demand, fate, decided := strings.Cut(line, " | ")
	id, says, _ := strings.Cut(demand, " ")
	row := Row{ID: id, Says: says, Fate: Held}
	if !decided {
		return row, nil
	}
	name, why, _ := strings.Cut(fate, ": ")
	row.Fate, row.Why = Fate(name), why
	switch row.Fate {
	case Part, Otherwise, Later:
		return row, nil
	}
	return Row{}, fmt.Errorf("conformance: row %s has the fate %q", id, name)
}

var section = regexp.MustCompile(`^(\d+)-(.*)-[^-]+$`)

// Source is the document and section that the row is from.
func (r Row) Source() string {
	if m := section.FindStringSubmatch(r.ID); m != nil {
		return "RFC " + m[1] + " §" + m[2]
	}
	return r.Title
}
