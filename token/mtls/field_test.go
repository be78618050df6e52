package mtls_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

// row is a value of a field, and what becomes of a call whose token is bound to
// the certificate of RFC 9440.
type row struct {
	value string
	want  error
}

func try(t *testing.T, cfg mtls.Config, field string, rows map[string]row) {
	t.Helper()
	s := newService(t, cfg)
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertIs(t, row.want, s.call(t, viaProxy(field, row.value), thumbprint(publishedThumbprint)))
		})
	}
}

func TestClientCert(t *testing.T) {
	t.Parallel()
	der := publishedDER(t)
	encode := base64.StdEncoding.EncodeToString
	urlSafe := ":" + base64.URLEncoding.EncodeToString(der) + ":"
	try(t, behind(mtls.ClientCert), "Client-Cert", map[string]row{
		"C_8705-3.1-1 C_9440-2.2-1 that of RFC 9440":  {":" + published + ":", nil},
		"C_9440-2.2-1 spaces around it":               {"  :" + published + ": ", nil},
		"C_9440-2.2-1 without colons":                 {published, token.ErrBinding},
		"C_9440-2.2-1 without the first colon":        {published + ":", token.ErrBinding},
		"C_9440-2.2-1 without the last colon":         {":" + published, token.ErrBinding},
		"C_9440-2.2-1 PEM":                            {publishedPEM(t), token.ErrBinding},
		"C_9440-2.2-1 PEM between colons":             {":" + publishedPEM(t) + ":", token.ErrBinding},
		"C_9440-2.2-1 escaped PEM":                    {url.PathEscape(publishedPEM(t)), token.ErrBinding},
		"C_9440-2.2-1 bytes behind the certificate":   {":" + encode(append(der[:len(der):len(der)], 0)) + ":", token.ErrBinding},
		"C_9440-2.2-1 two certificates":               {":" + encode(append(der[:len(der):len(der)], der...)) + ":", token.ErrBinding},
		"C_9440-2.2-1 half a certificate":             {":" + encode(der[:200]) + ":", token.ErrBinding},
		"C_9440-2.2-1 no bytes":                       {"::", token.ErrBinding},
		"C_9440-2.2-1 a colon":                        {":", token.ErrBinding},
		"C_9440-2.2-1 empty":                          {"", token.ErrBinding},
		"C_9440-2.2-1 alphabet of URLs":               {urlSafe, token.ErrBinding},
		"C_9440-2.2-1 without padding":                {":" + strings.TrimRight(published, "=") + ":", token.ErrBinding},
		"C_9440-2.2-1 stray bits":                     {":" + strings.TrimSuffix(published, "k=") + "l=:", token.ErrBinding},
		"C_9440-2.2-1 a line break":                   {":" + published[:64] + "\n" + published[64:] + ":", token.ErrBinding},
		"C_9440-2.2-1 a space inside":                 {":" + published[:64] + " " + published[64:] + ":", token.ErrBinding},
		"C_9440-2.2-1 a parameter":                    {":" + published + ":;a=1", token.ErrBinding},
		"C_9440-2.2-1 another sequence without comma": {":" + published + "::" + published + ":", token.ErrBinding},
		"C_9440-2.2-1 a string":                       {`"` + published + `"`, token.ErrBinding},
		"too long":                                    {strings.Repeat(" ", 16<<10) + ":" + published + ":", token.ErrBinding},
		"C_9440-2.2-2 a list":                         {":" + published + ":, :" + published + ":", token.ErrRequest},
		"C_9440-2.2-2 a list of one":                  {":" + published + ":,", token.ErrRequest},
	})
	t.Run("C_9440-2.2-2 two fields", func(t *testing.T) {
		t.Parallel()
		value := ":" + published + ":"
		for _, values := range [][]string{{value, value}, {value, ""}, {"", value}} {
			assertIs(t, token.ErrRequest, newService(t, behind(mtls.ClientCert)).call(t, viaProxy("Client-Cert", values...), thumbprint(publishedThumbprint)))
		}
	})
	assert.NotEqual(t, ":"+published+":", urlSafe, "the vector tells the alphabets apart")
}

// A client may send names that proxies or CGI take for the field's.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Client_cert", "client-cert", "CLIENT-CERT", "Client-Cert ", "Client-Cert-Chain", "X-Client-Cert"} {
		r := token.Request{Peer: proxyAt, Fields: http.Header{name: {":" + published + ":"}}}
		assertIs(t, token.ErrBinding, newService(t, behind(mtls.ClientCert)).call(t, r, thumbprint(publishedThumbprint)))
	}
}

func TestEscapedPEM(t *testing.T) {
	t.Parallel()
	text := publishedPEM(t)
	escape := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
	aws := strings.NewReplacer("%2B", "+", "%3D", "=", "%2F", "/").Replace(escape(text))
	unbroken := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(text, "-----BEGIN CERTIFICATE-----\n"), "-----END CERTIFICATE-----\n"), "\n", "")
	other := string(tokentest.NewCertificate(t, nil).PEM())
	try(t, behind(mtls.EscapedPEM), "X-SSL-Client-Cert", map[string]row{
		"as nginx has it":                {escape(text), nil},
		"as AWS has it":                  {aws, nil},
		"lower case digits":              {strings.ReplaceAll(escape(text), "%0A", "%0a"), nil},
		"with CRLF":                      {escape(strings.ReplaceAll(text, "\n", "\r\n")), nil},
		"no break at the end":            {escape(strings.TrimSuffix(text, "\n")), nil},
		"one long line":                  {escape("-----BEGIN CERTIFICATE-----\n" + unbroken + "\n-----END CERTIFICATE-----\n"), nil},
		"all in one line":                {escape("-----BEGIN CERTIFICATE-----" + unbroken + "-----END CERTIFICATE-----"), token.ErrBinding},
		"a space":                        {strings.ReplaceAll(escape(text), "%20", " "), token.ErrBinding},
		"no first line":                  {escape("\n" + unbroken + "\n-----END CERTIFICATE-----\n"), token.ErrBinding},
		"no last line":                   {escape("-----BEGIN CERTIFICATE-----\n" + unbroken), token.ErrBinding},
		"no body":                        {escape("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), token.ErrBinding},
		"no break behind the first line": {escape("-----BEGIN CERTIFICATE-----" + unbroken + "\n-----END CERTIFICATE-----\n"), token.ErrBinding},
		"no break before the last line":  {escape("-----BEGIN CERTIFICATE-----\n" + unbroken + "-----END CERTIFICATE-----\n"), token.ErrBinding},
		"plus for space":                 {url.QueryEscape(text), token.ErrBinding},
		"not escaped":                    {text, token.ErrBinding},
		"spaces for breaks":              {strings.ReplaceAll(text, "\n", " "), token.ErrBinding},
		"a broken escape":                {escape(text) + "%0", token.ErrBinding},
		"no digits":                      {escape(text) + "%zz", token.ErrBinding},
		"escaped twice":                  {escape(escape(text)), token.ErrBinding},
		"two blocks":                     {escape(text + other), token.ErrBinding},
		"the same block twice":           {escape(text + text), token.ErrBinding},
		"a comment before":               {escape("subject=x\n" + text), token.ErrBinding},
		"a break before":                 {escape("\n" + text), token.ErrBinding},
		"a comment behind":               {escape(text + "x"), token.ErrBinding},
		"a header inside":                {escape(strings.Replace(text, "-----\n", "-----\nA: b\n\n", 1)), token.ErrBinding},
		"another label":                  {escape(strings.ReplaceAll(text, "CERTIFICATE", "TRUSTED CERTIFICATE")), token.ErrBinding},
		"no end":                         {escape(strings.TrimSuffix(text, "-----END CERTIFICATE-----\n")), token.ErrBinding},
		"a lone CR":                      {escape(strings.Replace(text, "\n", "\r", 2)), token.ErrBinding},
		"bytes behind":                   {escape("-----BEGIN CERTIFICATE-----\n" + base64.StdEncoding.EncodeToString(append(publishedDER(t), 1)) + "\n-----END CERTIFICATE-----\n"), token.ErrBinding},
		"DER":                            {published, token.ErrBinding},
		"the field of RFC 9440":          {":" + published + ":", token.ErrBinding},
		"empty":                          {"", token.ErrBinding},
		"C_9440-2.2-2 a list":            {escape(text) + "," + escape(text), token.ErrRequest},
		"a byte that no URL has":         {escape(text) + "\x80", token.ErrBinding},
	})
}

func TestBase64DER(t *testing.T) {
	t.Parallel()
	try(t, behind(mtls.Base64DER), "X-SSL-Client-Cert", map[string]row{
		"good":                  {published, nil},
		"the field of RFC 9440": {":" + published + ":", token.ErrBinding},
		"without padding":       {strings.TrimRight(published, "="), token.ErrBinding},
		"spaces":                {" " + published, token.ErrBinding},
		"lines":                 {published[:64] + "\r\n" + published[64:], token.ErrBinding},
		"PEM":                   {publishedPEM(t), token.ErrBinding},
		"bytes behind":          {base64.StdEncoding.EncodeToString(append(publishedDER(t), 1)), token.ErrBinding},
		"C_9440-2.2-2 a list":   {published + "," + published, token.ErrRequest},
	})
}

// sumInHex is the Hash of the certificate of RFC 9440.
func sumInHex(t *testing.T) string {
	t.Helper()
	sum, err := base64.RawURLEncoding.DecodeString(publishedThumbprint)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum)
}

func TestXFCC(t *testing.T) {
	t.Parallel()
	hash := "Hash=" + sumInHex(t)
	cert := `Cert="` + url.PathEscape(publishedPEM(t)) + `"`
	other := tokentest.NewCertificate(t, nil).XFCC()
	otherHash, otherCert, _ := strings.Cut(other, ";")
	envoy := "By=spiffe://cluster.local/ns/a/sa/b;" + hash + ";" + cert + `;Subject="CN=a\, b \"c\"\\";URI=;DNS=a.example.com;DNS=b.example.com`
	rows := map[string]row{
		"Hash":                           {hash, nil},
		"Cert":                           {cert, nil},
		"as Envoy has it":                {envoy, nil},
		"keys in another case":           {strings.Replace(hash, "Hash", "hASH", 1), nil},
		"in upper case":                  {strings.ToUpper(hash), nil},
		"an equals sign in a value":      {hash + ";URI=https://a.example.com/?b=c", nil},
		"another key":                    {hash + ";Later=x", nil},
		"Hash in quotes":                 {strings.Replace(hash, "=", `="`, 1) + `"`, nil},
		"a comma in quotes":              {`Subject="O=a,Hash=b";` + hash, nil},
		"neither Hash nor Cert":          {`Subject="CN=a"`, token.ErrBinding},
		"another Hash":                   {otherHash, token.ErrBinding},
		"another Cert":                   {otherCert, token.ErrBinding},
		"Hash and Cert differ":           {hash + ";" + otherCert, token.ErrBinding},
		"Hash twice":                     {hash + ";" + hash, token.ErrBinding},
		"Hash of another first":          {otherHash + ";URI=x;" + hash, token.ErrBinding},
		"Cert twice":                     {cert + ";" + cert, token.ErrBinding},
		"Hash is short":                  {hash[:len(hash)-2], token.ErrBinding},
		"Hash is long":                   {hash + "00", token.ErrBinding},
		"Hash is base64url":              {"Hash=" + publishedThumbprint, token.ErrBinding},
		"Hash is empty":                  {"Hash=;" + cert, token.ErrBinding},
		"Cert is empty":                  {`Cert="";` + hash, token.ErrBinding},
		"Cert is not escaped":            {`Cert="` + published + `"`, token.ErrBinding},
		"a quote inside":                 {hash + `;URI=a"b"`, token.ErrBinding},
		"an open quote":                  {hash + `;Subject="CN=a`, token.ErrBinding},
		"text behind quotes":             {hash + `;Subject="CN=a"b`, token.ErrBinding},
		"an escape at the end":           {hash + `;Subject="CN=a\`, token.ErrBinding},
		"an escaped quote hides nothing": {`Subject="CN=\";` + hash, token.ErrBinding},
		"no value":                       {hash + ";URI", token.ErrBinding},
		"no key":                         {hash + ";=x", token.ErrBinding},
		"an empty pair":                  {hash + ";", token.ErrBinding},
		"an empty element":               {"," + hash, token.ErrBinding},
		"an empty last element":          {hash + ",", token.ErrBinding},
		"a control character":            {hash + ";URI=a\x00", token.ErrBinding},
		"a control character in quotes":  {hash + ";Subject=\"a\x7f\"", token.ErrBinding},
		"a space in a value":             {hash + ";URI=a b", token.ErrBinding},
		"empty":                          {"", token.ErrBinding},
		"two elements":                   {otherHash + "," + hash, token.ErrBinding},
		"a name that makes an element":   {otherHash + ";URI=spiffe://a," + hash, token.ErrBinding},
	}
	try(t, behind(mtls.XFCC), "X-Forwarded-Client-Cert", rows)
	t.Run("C_9440-2.2-2 two fields", func(t *testing.T) {
		t.Parallel()
		assertIs(t, token.ErrRequest, newService(t, behind(mtls.XFCC)).call(t, viaProxy("x-forwarded-client-cert", hash, hash), thumbprint(publishedThumbprint)))
	})
}

// Behind several proxies, the element of the one that has seen the client counts.
func TestXFCC_Hop(t *testing.T) {
	t.Parallel()
	mine, other := "Hash="+sumInHex(t), "Hash="+strings.Repeat("0a", 32)
	for name, row := range map[string]struct {
		hop      int
		forwards bool
		value    string
		want     error
	}{
		"the last":                       {0, true, other + "," + mine, nil},
		"the last, not the first":        {0, true, mine + "," + other, token.ErrBinding},
		"the one before":                 {1, false, mine + ", " + other, nil},
		"the one before, not the last":   {1, false, other + "," + mine, token.ErrBinding},
		"a forged one on the left":       {1, false, mine + "," + other + "," + other, token.ErrBinding},
		"a forged one that is left out":  {1, true, mine + "," + other + "," + other, token.ErrBinding},
		"one that the client has sent":   {1, true, other + "," + mine + "," + other, nil},
		"too few":                        {1, true, mine, token.ErrBinding},
		"malformed to the left":          {0, true, "x," + mine, token.ErrBinding},
		"as many as there may be":        {0, true, strings.Repeat(other+",", 31) + mine, nil},
		"too many":                       {0, true, strings.Repeat(other+",", 32) + mine, token.ErrBinding},
		"one alone of a proxy that adds": {0, true, mine, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := behind(mtls.XFCC)
			cfg.Header.Hop, cfg.Header.ForwardsHops = row.hop, row.forwards
			assertIs(t, row.want, newService(t, cfg).call(t, viaProxy("X-Forwarded-Client-Cert", row.value), thumbprint(publishedThumbprint)))
		})
	}
}

// Roots want a certificate, in whichever format it comes.
func TestRoots(t *testing.T) {
	t.Parallel()
	root := tokentest.NewCertificate(t, &tokentest.CertificateOptions{CommonName: "root", Authority: true})
	between := tokentest.NewCertificate(t, &tokentest.CertificateOptions{CommonName: "between", Authority: true, SignedBy: root})
	issued := tokentest.NewCertificate(t, &tokentest.CertificateOptions{SignedBy: root})
	below := tokentest.NewCertificate(t, &tokentest.CertificateOptions{SignedBy: between})
	expired := tokentest.NewCertificate(t, &tokentest.CertificateOptions{SignedBy: root, Expired: true})
	own := tokentest.NewCertificate(t, nil)
	hash, _, _ := strings.Cut(issued.XFCC(), ";")
	for name, row := range map[string]struct {
		of      *tokentest.Certificate
		format  mtls.Format // 0: of the connection
		value   string
		chain   []*x509.Certificate
		between *x509.CertPool
		want    error
	}{
		"issued":                       {of: issued, chain: []*x509.Certificate{issued.X509()}},
		"self-signed":                  {of: own, chain: []*x509.Certificate{own.X509()}, want: token.ErrBinding},
		"expired":                      {of: expired, chain: []*x509.Certificate{expired.X509()}, want: token.ErrBinding},
		"with its chain":               {of: below, chain: []*x509.Certificate{below.X509(), nil, between.X509()}},
		"without its chain":            {of: below, chain: []*x509.Certificate{below.X509()}, want: token.ErrBinding},
		"with Intermediates":           {of: below, chain: []*x509.Certificate{below.X509()}, between: between.Pool()},
		"an authority besides":         {of: own, chain: []*x509.Certificate{own.X509(), root.X509()}, want: token.ErrBinding},
		"in a field":                   {of: issued, format: mtls.ClientCert, value: issued.ClientCert()},
		"in a field, self-signed":      {of: own, format: mtls.ClientCert, value: own.ClientCert(), want: token.ErrBinding},
		"in a field, an Intermediate":  {of: below, format: mtls.ClientCert, value: below.ClientCert(), between: between.Pool()},
		"in XFCC":                      {of: issued, format: mtls.XFCC, value: issued.XFCC()},
		"in XFCC, the hash alone":      {of: issued, format: mtls.XFCC, value: hash, want: token.ErrBinding},
		"in XFCC, another's and Roots": {of: own, format: mtls.XFCC, value: own.XFCC(), want: token.ErrBinding},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, r := mtls.Config{}, direct(row.chain...)
			if row.format != 0 {
				cfg = behind(row.format)
				r = viaProxy(map[mtls.Format]string{mtls.ClientCert: "Client-Cert", mtls.XFCC: "X-Forwarded-Client-Cert"}[row.format], row.value)
			}
			cfg.Roots, cfg.Intermediates = root.Pool(), row.between
			assertIs(t, row.want, newService(t, cfg).call(t, r, tokentest.BoundToCertificate(row.of)))
		})
	}
}

// Malformed values are called so, even where no token could be bound to them.
func TestFaults(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	for value, says := range map[string]string{
		`Subject="CN=a"`: "Hash or Cert", "Hash=00": "64 hexadecimal digits", "Hash=": "64 hexadecimal digits", `Cert="%0A"`: "Cert with one certificate in PEM",
		"Hash=" + strings.Repeat("0", 66): "64 hexadecimal digits", "a=b;Hash": "at byte 8", "": "from the proxy",
	} {
		err := newService(t, behind(mtls.XFCC)).call(t, viaProxy("X-Forwarded-Client-Cert", value), tokentest.BoundToCertificate(me))
		assertIs(t, token.ErrBinding, err)
		assert.ErrorContains(t, err, says)
	}
}
