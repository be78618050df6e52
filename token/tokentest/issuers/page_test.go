package issuers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pages is where the recipes are.
const pages = "../../../docs/issuers"

// written is a recipe as its page has it: a block of settings that is marked
// "yaml NAME", and the table after it of what these settings make of tokens.
type written struct {
	page     string // file name
	settings string
	rows     []row
}

// row is what the page says of one kind of token.
type row struct {
	token   string
	answer  string // "accepted", "none", or the reason of the refusal
	subject string // and the rest of what is known of an accepted token
	client  string
	scopes  string
	sets    string
}

const tableHead = "| token | answer | subject | client | scopes | sets |"

// readPages reads all recipes, by the names of their settings.
func readPages(t *testing.T) map[string]written {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pages, "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	found := map[string]written{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for name, w := range readPage(t, string(text)) {
			require.NotContains(t, found, name, "two recipes of one name")
			w.page = filepath.Base(file)
			found[name] = w
		}
	}
	return found
}

func readPage(t *testing.T, text string) map[string]written {
	t.Helper()
	found := map[string]written{}
	_, text, more := strings.Cut(text, "\n```yaml ")
	for more {
		var part string
		part, text, more = strings.Cut(text, "\n```yaml ")
		name, part, _ := strings.Cut(part, "\n")
		settings, part, closed := strings.Cut(part, "\n```\n")
		require.True(t, closed, "the settings %s have no end", name)
		_, table, hasTable := strings.Cut(part, tableHead+"\n")
		require.True(t, hasTable, "no table of tokens after the settings %s", name)
		found[name] = written{settings: settings + "\n", rows: readRows(t, table)}
	}
	return found
}

func readRows(t *testing.T, table string) (rows []row) {
	t.Helper()
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			return rows
		case strings.HasPrefix(line, "|---"):
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		require.Len(t, cells, 6, line)
		for n, c := range cells {
			cells[n] = strings.ReplaceAll(strings.TrimSpace(c), "`", "")
		}
		rows = append(rows, row{cells[0], strings.TrimPrefix(cells[1], "refused: "), cells[2], cells[3], cells[4], cells[5]})
	}
	return rows
}
