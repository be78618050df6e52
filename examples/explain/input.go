package main

import (
	"fmt"
	"io"
	"strings"
)

// maxInput is more than any token that a service accepts.
const maxInput = 128 << 10

// read reads the token, as it stands or with its scheme before it, as it is
// copied from a header field.
func read(in io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("explain: reading the token: %w", err)
	case len(data) > maxInput:
		return "", fmt.Errorf("%w: more than %d bytes on standard input", errUsage, maxInput)
	}
	raw := strings.TrimSpace(string(data))
	if scheme, rest, _ := strings.Cut(raw, " "); strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "DPoP") {
		raw = strings.TrimSpace(rest)
	}
	if raw == "" {
		return "", fmt.Errorf("%w: no token on standard input", errUsage)
	}
	return raw, nil
}
