// Package document writes what was measured into a Markdown file, between the
// marks that stand there for it:
//
//	<!-- measured: peers -->
//	<!-- end of peers -->
package document

import (
	"fmt"
	"os"
	"strings"
)

// Write replaces what stands between the marks of the name, or prints the text
// if file is empty.
func Write(file, name, text string) error {
	if file == "" {
		fmt.Print(text)
		return nil
	}
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	written, err := Replace(string(old), name, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(written), 0o644)
}

// Replace is document with the text between the marks of the name.
func Replace(document, name, text string) (string, error) {
	begin, end := "<!-- measured: "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(document, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("there is no pair of marks for %q", name)
	}
	return before + begin + "\n" + strings.TrimSpace(text) + "\n\n" + end + after, nil
}
