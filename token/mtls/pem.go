package mtls

import "strings"

// parseEscapedPEM reads the format EscapedPEM. A plus is a plus: AWS does not
// encode it.
func parseEscapedPEM(value string) (client, *fault) {
	text, wrong := unescape(value)
	if wrong != nil {
		return client{}, wrong
	}
	return parsePEM(text)
}

// unescape decodes percent encoding (RFC 3986 §2.1). There are no spaces and
// no control characters beside it.
func unescape(value string) (string, *fault) {
	text := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		char := value[i]
		switch {
		case char == '%':
			if i+2 >= len(value) || nibble(value[i+1])|nibble(value[i+2]) > 0xf {
				return "", &fault{i, "a percent sign with two hexadecimal digits", nil}
			}
			char = nibble(value[i+1])<<4 | nibble(value[i+2])
			i += 2
		case char <= ' ':
			return "", &fault{i, "percent encoding", nil}
		}
		text = append(text, char)
	}
	return string(text), nil
}

// nibble is the value of a hexadecimal digit, and above 0xf for any other byte.
func nibble(digit byte) byte {
	switch {
	case digit >= '0' && digit <= '9':
		return digit - '0'
	case digit >= 'a' && digit <= 'f':
		return digit - 'a' + 10
	case digit >= 'A' && digit <= 'F':
		return digit - 'A' + 10
	default:
		return 0xff
	}
}

const (
	pemBegin = "-----BEGIN CERTIFICATE-----\n"
	pemEnd   = "\n-----END CERTIFICATE-----"
)

// parsePEM reads a text that is one certificate (RFC 7468 §5.1) and nothing else:
// no comments, no headers, no second block.
func parsePEM(text string) (client, *fault) {
	body, begins := strings.CutPrefix(strings.ReplaceAll(text, "\r\n", "\n"), pemBegin)
	body, ends := strings.CutSuffix(strings.TrimRight(body, "\n"), pemEnd)
	if !begins || !ends {
		return client{}, &fault{0, "one certificate in PEM with percent encoding", nil}
	}
	found, wrong := parseBase64DER(strings.ReplaceAll(body, "\n", ""))
	if wrong != nil {
		wrong.at = 0 // positions in the decoded text are none in the field
	}
	return found, wrong
}
