package bound

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxKeyFile is more than eight keys and their comments need.
const maxKeyFile = 16 << 10

// readKeys reads secret keys from a file: one a line, in base64, as
// "openssl rand -base64 32" prints them. Empty lines and those that begin with #
// are skipped. Errors name a line and show nothing of it.
func readKeys(path string) (keys [][]byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("%w: %q has more than %d bytes", ErrUsage, path, maxKeyFile)
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d of %q is no base64", ErrUsage, i+1, path)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
