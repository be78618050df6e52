package scope

import (
	"cmp"
	"slices"
	"strings"
)

// mostNear is how many names an error lists.
const mostNear = 5

// unknown says that the table has no such operation.
func (t *Table) unknown(name string) error {
	near := t.near(name)
	if len(near) == 0 {
		return wrongOperation(name, "is not in the table")
	}
	return wrongOperation(name, "is not in the table, near are "+words(near))
}

// near lists the names that a misspelling of name may stand for, the nearest
// first.
func (t *Table) near(name string) []string {
	if len(name) > maxOperationName {
		return nil
	}
	type candidate struct {
		name string
		far  int
	}
	var list []candidate
	for _, o := range t.Operations() {
		if far := distance(strings.ToLower(name), strings.ToLower(o.Name)); far <= max(2, len(name)/3) {
			list = append(list, candidate{o.Name, far})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	names := make([]string, min(len(list), mostNear))
	for i := range names {
		names[i] = list[i].name
	}
	return names
}

// distance is how many bytes have to be added, dropped or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
