package settings

import (
	"fmt"
	"path/filepath"

	"github.com/postern-go/postern/internal/evidence"
)

// File is what a settings file says. One that is made by hand can be used like
// one that was read. The methods may be called concurrently.
type File struct {
	// Issuers are the issuers whose tokens are accepted. No two have the same
	// identifier.
	Issuers []Issuer
	// Operations are the texts of policies by the names of operations, for Table. Nil
	// means that the file has none.
	Operations map[string]string

	dir   string         // of the files that this one names
	lines map[string]int // of the fields, by their paths
}

// maxFile is how many bytes a settings file may have.
const maxFile = 1 << 20

// Read reads the settings file at path, which must be a regular file of at most
// 1 MiB. The files that it names are relative to its directory, and are not read
// yet. An error matches token.ErrConfig.
func Read(path string) (*File, error) {
	text, err := readFile(path, maxFile)
	if err != nil {
		return nil, evidence.OneLine(fmt.Errorf("settings: %w", err))
	}
	f, err := Parse(text)
	if err != nil {
		return nil, evidence.OneLine(fmt.Errorf("%s: %w", path, err))
	}
	f.dir = filepath.Dir(path)
	return f, nil
}

// Parse reads settings of at most 1 MiB, and checks them as far as that can be
// done without the files that they name. Those are relative to the working
// directory. It reads no file and makes no request. An error matches
// token.ErrConfig.
func Parse(text []byte) (*File, error) {
	root, err := document(text)
	if err != nil {
		return nil, evidence.OneLine(fmt.Errorf("settings: %w", err))
	}
	lines := map[string]int{}
	f := &File{lines: lines}
	err = value{node: root, lines: lines}.fields(fileForm(f))
	if err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, f.locate(root, err)
	}
	return f, nil
}
