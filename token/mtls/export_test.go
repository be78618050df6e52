package mtls

// What the parsers read: the thumbprint of the client's certificate, and whether
// there is one.

func ParseClientCert(value string) (string, bool) { return thumbprintOf(parseClientCert(value)) }
func ParseEscapedPEM(value string) (string, bool) { return thumbprintOf(parseEscapedPEM(value)) }
func ParseBase64DER(value string) (string, bool)  { return thumbprintOf(parseBase64DER(value)) }

func (h Header) ParseXFCC(value string) (string, bool) { return thumbprintOf(h.parseXFCC(value)) }

// Elements are the hash and the certificate of each element of XFCC.
func Elements(value string) (all [][2]string, ok bool) {
	r := xfccReader{text: value}
	elements, wrong := r.elements()
	for _, e := range elements {
		all = append(all, [2]string{e.hash, e.cert})
	}
	return all, wrong == nil
}

func thumbprintOf(found client, wrong *fault) (string, bool) { return found.thumbprint, wrong == nil }
