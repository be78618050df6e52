package mtls

import "strings"

// parseClientCert reads the value of Client-Cert: a byte sequence as RFC 8941 §3.3.5
// defines it, without parameters (RFC 9440 §2.2). Spaces around it are no part of
// it (RFC 8941 §4.2).
func parseClientCert(value string) (client, *fault) {
	text := strings.TrimLeft(value, " ")
	before := len(value) - len(text)
	text = strings.TrimRight(text, " ")
	const want = "a byte sequence, which is base64 between colons"
	if !strings.HasPrefix(text, ":") {
		return client{}, &fault{before, want, nil}
	}
	end := strings.IndexByte(text[1:], ':') + 1
	switch {
	case end == 0:
		return client{}, &fault{len(value), want, nil}
	case end != len(text)-1:
		return client{}, &fault{before + end + 1, "nothing behind the byte sequence", nil}
	}
	found, wrong := parseBase64DER(text[1:end])
	return found, wrong.after(before + 1)
}
