package settings

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// plainJSON returns a JSON text without the two escapes that the reader of YAML
// does not know, an escaped slash and pairs of surrogates, on the same lines.
// Any other text is returned as it is.
func plainJSON(text []byte) []byte {
	if !bytes.ContainsRune(text, '\\') || !json.Valid(text) {
		return text
	}
	var plain []byte
	for len(text) > 0 {
		switch {
		case text[0] != '\\':
			plain, text = append(plain, text[0]), text[1:]
		case text[1] == '/':
			plain, text = append(plain, '/'), text[2:]
		default:
			r := surrogates(text)
			if r == utf8.RuneError {
				plain, text = append(plain, text[:2]...), text[2:]
				continue
			}
			plain, text = utf8.AppendRune(plain, r), text[12:]
		}
	}
	return plain
}

// surrogates is the character that the text begins with if it is written as a
// pair of surrogates, such as \ud83d\ude00, and utf8.RuneError otherwise.
func surrogates(text []byte) rune {
	if len(text) < 12 || text[1] != 'u' || text[6] != '\\' || text[7] != 'u' {
		return utf8.RuneError
	}
	high, _ := strconv.ParseUint(string(text[2:6]), 16, 16) // JSON has been checked
	low, _ := strconv.ParseUint(string(text[8:12]), 16, 16) // and so has this
	return utf16.DecodeRune(rune(high), rune(low))
}
