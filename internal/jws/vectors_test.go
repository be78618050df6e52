package jws_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/check/conformance/vectors"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/jwks"
)

var everyAlgorithm = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
}

// verifyCompact makes the checks that published JWS vectors are about. Their
// payloads are no claims, and their headers have no typ. It returns what was
// signed.
func verifyCompact(raw string, keys []jwks.Key, algorithms []string) (payload string, err error) {
	v := jws.New(jws.Settings{Keys: jwks.Static(keys), Algorithms: algorithms})
	var buf jws.Scratch
	compact, signed, err := jws.Split(raw, &buf)
	if err != nil {
		return "", err
	}
	signed.Hashed(sha256.Sum256([]byte(raw[:strings.LastIndexByte(raw, '.')])))
	h, err := jws.ReadHeader(compact.Header)
	if err != nil {
		return "", err
	}
	params, ok := v.CheckHeader(&h, func(check string, fault error) bool {
		if check != "typ" && check != "cty" {
			err = fault
		}
		return err == nil
	})
	if !ok {
		return "", err
	}
	_, err = v.Verify(context.Background(), &signed, &params)
	return compact.Payload, err
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// jwsGroup is a group of json_web_signature: one key, public or secret.
type jwsGroup struct {
	Public, Private json.RawMessage
	Tests           []jwsVector
}

type jwsVector struct {
	ID           int `json:"tcId"`
	Comment, JWS string
	Result       string
}

func (v jwsVector) name() string { return fmt.Sprintf("%d %s", v.ID, v.Comment) }

func (g jwsGroup) key() json.RawMessage {
	if g.Public != nil {
		return g.Public
	}
	return g.Private
}

// keys are those of the group that ParseSet would let verify anything.
func (g jwsGroup) keys(t *testing.T) []jwks.Key {
	t.Helper()
	set, err := jwks.ParseSet(fmt.Appendf(nil, `{"keys":[%s]}`, g.key()))
	require.NoError(t, err)
	return set.Keys
}

// deviations are the vectors that are judged otherwise than Wycheproof says,
// each with the error that is right and the reason why.
var deviations = map[int]struct {
	want error
	why  string
}{
	// In every one of these the key is an HMAC secret. A resource server of
	// this module holds public keys only, so that no HMAC is good.
	1:   {rejection.Algorithm, "HMAC is never accepted"},
	348: {rejection.Algorithm, "HMAC is never accepted"},
	352: {rejection.Algorithm, "HMAC is never accepted"},
	357: {rejection.Algorithm, "HMAC is never accepted"},
	358: {rejection.Algorithm, "HMAC is never accepted"},
	359: {rejection.Algorithm, "HMAC is never accepted"},
	376: {rejection.Algorithm, "HMAC is never accepted"},
	377: {rejection.Algorithm, "HMAC is never accepted"},
	// RFC 7515 allows an empty payload. Claims are a JSON object, so an access
	// token's payload never is.
	259: {rejection.Malformed, "an empty payload cannot be claims"},
	264: {rejection.Malformed, "an empty payload cannot be claims"},
	268: {rejection.Malformed, "an empty payload cannot be claims"},
	272: {rejection.Malformed, "an empty payload cannot be claims"},
	320: {rejection.Malformed, "an empty payload cannot be claims"},
	325: {rejection.Malformed, "an empty payload cannot be claims"},
	// The key says alg PS256 and the header PS384, for which other vectors of
	// the same file (332 to 340) demand a refusal. The same example is good
	// with the key as RFC 7520 prints it: see TestRFCExamples.
	346: {rejection.Algorithm, "the key is for another algorithm"},
	350: {rejection.Algorithm, "the key is for another algorithm"},
	// The key says alg ES521, which no RFC defines. The same goes for it.
	347: {rejection.UnknownKey, "the key's algorithm does not exist"},
	351: {rejection.UnknownKey, "the key's algorithm does not exist"},
	// Four are damaged, and about HMAC besides: the first two lost the padding that was to make them invalid, and the others
	// contain a character that is not base64url and are labelled valid.
	367: {rejection.Algorithm, "damaged: correct but for HMAC"},
	370: {rejection.Algorithm, "damaged: correct but for HMAC"},
	372: {rejection.Malformed, "damaged: contains a question mark"},
	373: {rejection.Malformed, "damaged: contains a question mark"},
}

// refusedFor are vectors that have to be refused for what they are about, and
// not for something that happens to be wrong with them as well: the bad
// spelling is found before the algorithm, so HMAC vectors show it too.
var refusedFor = map[int]error{
	3: rejection.Malformed, 6: rejection.Malformed, 9: rejection.Malformed, 13: rejection.Malformed,
	14: rejection.Malformed, 15: rejection.Malformed, 16: rejection.Malformed, 17: rejection.Malformed,
	19:  rejection.Signature,                           // ES256 altered
	34:  rejection.Signature,                           // RS256 altered
	281: rejection.Signature,                           // PSS with a salt of another length
	282: rejection.Signature,                           //
	283: rejection.Signature,                           //
	284: rejection.Signature,                           //
	285: rejection.Signature,                           //
	286: rejection.Signature,                           //
	332: rejection.Algorithm,                           // the key is for PS512
	334: rejection.Algorithm,                           //
	336: rejection.Algorithm,                           //
	338: rejection.Algorithm,                           //
	340: rejection.Algorithm,                           //
	353: rejection.UnknownKey,                          // use enc
	354: rejection.UnknownKey,                          //
	355: rejection.UnknownKey,                          // key_ops without verify
	356: rejection.UnknownKey,                          //
	360: rejection.Malformed,                           // base64url
	361: rejection.Malformed,                           //
	362: rejection.Malformed,                           //
	363: rejection.Malformed,                           //
	364: rejection.Malformed,                           //
	365: rejection.Malformed,                           //
	366: rejection.Malformed,                           //
	368: rejection.Malformed,                           //
	369: rejection.Malformed,                           //
	371: rejection.Malformed,                           //
	374: rejection.Malformed,                           // unused bits
	375: rejection.Malformed,                           //
	379: rejection.Signature, 380: rejection.Signature, // ES256 of wrong length
	386: rejection.Signature, 396: rejection.Signature, // r and s zero or at the order
	398: rejection.Signature, 401: rejection.Signature, //
}

func TestWycheproofJSONWebSignature(t *testing.T) {
	t.Parallel()
	var file struct {
		NumberOfTests int
		TestGroups    []jwsGroup
	}
	vectors.ReadWycheproof(t, "json_web_signature_test.json", &file)
	run := 0
	for _, group := range file.TestGroups {
		keys := group.keys(t)
		for _, v := range group.Tests {
			run++
			t.Run(v.name(), func(t *testing.T) {
				t.Parallel()
				_, err := verifyCompact(v.JWS, keys, everyAlgorithm)
				assertVector(t, v, err)
			})
		}
	}
	require.Equal(t, file.NumberOfTests, run)
	require.Equal(t, 401, run, "numbers in the tables above are of the pinned version")
}

func assertVector(t *testing.T, v jwsVector, err error) {
	t.Helper()
	deviation, deviates := deviations[v.ID]
	switch {
	case deviates:
		require.ErrorIs(t, err, deviation.want, deviation.why)
	case v.Result == "valid":
		require.NoError(t, err)
	default:
		require.ErrorIs(t, err, rejection.Invalid)
		if want := refusedFor[v.ID]; want != nil {
			require.ErrorIs(t, err, want)
		}
	}
}

// Of the vectors about key sets, one is good: the others are about HMAC, keys
// for something else and keys that are weak or broken. What ParseSet makes of
// each is in the tests of package jwks.
func TestWycheproofJSONWebKey(t *testing.T) {
	t.Parallel()
	var file struct {
		NumberOfTests int
		TestGroups    []jwsGroup
	}
	vectors.ReadWycheproof(t, "json_web_key_test.json", &file)
	require.Equal(t, 26, file.NumberOfTests)
	for _, group := range file.TestGroups {
		set, err := jwks.ParseSet(group.key())
		require.NoError(t, err)
		for _, v := range group.Tests {
			_, err := verifyCompact(v.JWS, set.Keys, everyAlgorithm)
			if isHMAC := group.Public == nil; v.Result == "valid" && !isHMAC {
				require.NoError(t, err, v.name())
				continue
			}
			require.ErrorIs(t, err, rejection.Invalid, v.name())
		}
	}
}

// rawVector is a signature over bytes.
type rawVector struct {
	ID                int `json:"tcId"`
	Comment, Msg, Sig string
	Result            string
}

func (v rawVector) check(t *testing.T, alg string, key any) {
	t.Helper()
	message, err := hex.DecodeString(v.Msg)
	require.NoError(t, err)
	signature, err := hex.DecodeString(v.Sig)
	require.NoError(t, err)
	got := jws.VerifySignature(alg, key, string(message), signature)
	assert.Equal(t, v.Result == "valid", got, "%d %s", v.ID, v.Comment)
}

// publishedKey is the one key of a set, after all the checks of ParseSet.
func publishedKey(t *testing.T, jwk string) any {
	t.Helper()
	set, err := jwks.ParseSet([]byte(`{"keys":[` + jwk + `]}`))
	require.NoError(t, err)
	require.Len(t, set.Keys, 1, "%v", set.Skipped)
	return set.Keys[0].Public
}

func TestWycheproofEd25519(t *testing.T) {
	t.Parallel()
	var file struct {
		NumberOfTests int
		TestGroups    []struct {
			PublicKey struct{ PK string }
			Tests     []rawVector
		}
	}
	vectors.ReadWycheproof(t, "ed25519_test.json", &file)
	run := 0
	for _, group := range file.TestGroups {
		pk, err := hex.DecodeString(group.PublicKey.PK)
		require.NoError(t, err)
		key := publishedKey(t, `{"kty":"OKP","crv":"Ed25519","x":"`+b64(pk)+`"}`)
		for _, v := range group.Tests {
			v.check(t, "Ed25519", key)
			v.check(t, "EdDSA", key)
			run++
		}
	}
	require.Equal(t, file.NumberOfTests, run)
	require.NotZero(t, run)
}

func TestWycheproofECDSA(t *testing.T) {
	t.Parallel()
	var file struct {
		NumberOfTests int
		TestGroups    []struct {
			PublicKey struct{ Uncompressed string }
			Tests     []rawVector
		}
	}
	vectors.ReadWycheproof(t, "ecdsa_secp256r1_sha256_p1363_test.json", &file)
	run := 0
	for _, group := range file.TestGroups {
		point, err := hex.DecodeString(group.PublicKey.Uncompressed)
		require.NoError(t, err)
		require.Len(t, point, 65)
		key := publishedKey(t, fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q}`, b64(point[1:33]), b64(point[33:])))
		for _, v := range group.Tests {
			v.check(t, "ES256", key)
			run++
		}
	}
	require.Equal(t, file.NumberOfTests, run)
	require.NotZero(t, run)
}

// rfcExample is an example of RFC 7520, 7797 or 8037.
type rfcExample struct {
	Input struct {
		Payload string
		Key     json.RawMessage
		Alg     json.RawMessage // a list of them where there are several signatures
	}
	Output struct {
		Compact  string
		JSON     json.RawMessage
		JSONFlat json.RawMessage `json:"json_flat"`
	}
}

// serializations are all that are not compact.
func (e rfcExample) serializations() []string {
	return []string{string(e.Output.JSON), string(e.Output.JSONFlat)}
}

// publicKeys are what a set with the public half of the example's key holds:
// the files have private keys, which ParseSet refuses. A key without alg is for
// one algorithm, so each is given that of its example.
func (e rfcExample) publicKeys(t *testing.T) []jwks.Key {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(e.Input.Key, &members))
	for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		delete(members, secret)
	}
	if members["alg"] == nil {
		members["alg"] = e.Input.Alg
	}
	public, err := json.Marshal(members)
	require.NoError(t, err)
	set, err := jwks.ParseSet(fmt.Appendf(nil, `{"keys":[%s]}`, public))
	require.NoError(t, err)
	return set.Keys
}

func TestRFCExamples(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{
		"rfc7520/jws/4_1.rsa_v15_signature.json":               nil,
		"rfc7520/jws/4_2.rsa-pss_signature.json":               nil,
		"rfc7520/jws/4_3.ecdsa_signature.json":                 nil,
		"rfc7520/jws/4_4.hmac-sha2_integrity_protection.json":  rejection.Algorithm, // HMAC is never accepted
		"rfc7520/jws/4_5.signature_with_detached_content.json": rejection.Malformed, // the payload is elsewhere
		"rfc8037/jws-ed25519.json":                             nil,
		"rfc7797/hmac-sha2_b64_false.json":                     rejection.Malformed, // the payload is not base64url
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e rfcExample
			vectors.Read(t, name, &e)
			payload, err := verifyCompact(e.Output.Compact, e.publicKeys(t), everyAlgorithm)
			if want != nil {
				require.ErrorIs(t, err, want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, e.Input.Payload, payload)
		})
	}
}

// The JSON serializations of the same examples, and the examples that have no
// other, are refused: RFC 7519 §1 knows the compact one only.
func TestRFCExamplesInJSON(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"rfc7520/jws/4_1.rsa_v15_signature.json", "rfc7520/jws/4_3.ecdsa_signature.json",
		"rfc7520/jws/4_6.protecting_specific_header_fields.json", "rfc7520/jws/4_7.protecting_content_only.json",
		"rfc7520/jws/4_8.multiple_signatures.json", "rfc7797/4.2.hmac-sha2_b64_false.json", "rfc8037/jws-ed25519.json",
	} {
		t.Run("C_7515-7.1-1 "+name, func(t *testing.T) {
			t.Parallel()
			var e rfcExample
			vectors.Read(t, name, &e)
			for _, text := range e.serializations() {
				_, err := verifyCompact(text, nil, everyAlgorithm)
				require.ErrorIs(t, err, rejection.Malformed)
			}
		})
	}
}

// The nested example of RFC 7520 §6: what is inside is a good JWS, and what is
// presented is encrypted.
func TestRFC7520Nesting(t *testing.T) {
	t.Parallel()
	var file struct {
		Sign    rfcExample
		Encrypt rfcExample
	}
	vectors.Read(t, "rfc7520/6.nesting_signatures_and_encryption.json", &file)
	keys := file.Sign.publicKeys(t)
	payload, err := verifyCompact(file.Sign.Output.Compact, keys, everyAlgorithm)
	require.NoError(t, err)
	require.Equal(t, file.Sign.Input.Payload, payload)
	require.Equal(t, 4, strings.Count(file.Encrypt.Output.Compact, "."))
	_, err = verifyCompact(file.Encrypt.Output.Compact, keys, everyAlgorithm)
	require.ErrorIs(t, err, rejection.Malformed)
}

// RFC 8037 appendix A.4, and each bit of its signature in turn.
func TestC_8037_3_1_1_ExampleOfTheRFC(t *testing.T) {
	t.Parallel()
	const signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
	const signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	set, err := jwks.ParseSet([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	require.NoError(t, err)
	payload, err := verifyCompact(signed+"."+signature, set.Keys, everyAlgorithm)
	require.NoError(t, err)
	require.Equal(t, "Example of Ed25519 signing", payload)

	good, err := base64.RawURLEncoding.DecodeString(signature)
	require.NoError(t, err)
	require.Len(t, good, 64)
	for bit := range 8 * len(good) {
		bad := append([]byte(nil), good...)
		bad[bit/8] ^= 1 << (bit % 8)
		_, err := verifyCompact(signed+"."+b64(bad), set.Keys, everyAlgorithm)
		require.ErrorIs(t, err, rejection.Signature, "bit %d", bit)
	}
	for _, wrong := range [][]byte{good[:63], append(append([]byte(nil), good...), 0)} {
		_, err := verifyCompact(signed+"."+b64(wrong), set.Keys, everyAlgorithm)
		require.ErrorIs(t, err, rejection.Signature)
	}
}

// RFC 7520 §4.3 with the key of its §3.1.
func TestRFC7520ES512(t *testing.T) {
	t.Parallel()
	var e rfcExample
	vectors.Read(t, "rfc7520/jws/4_3.ecdsa_signature.json", &e)
	var public json.RawMessage
	vectors.Read(t, "rfc7520/jwk/3_1.ec_public_key.json", &public)
	set, err := jwks.ParseSet(fmt.Appendf(nil, `{"keys":[%s]}`, public))
	require.NoError(t, err)
	require.Len(t, set.Keys, 1)
	payload, err := verifyCompact(e.Output.Compact, set.Keys, everyAlgorithm)
	require.NoError(t, err)
	require.Equal(t, e.Input.Payload, payload)
	_, err = verifyCompact(e.Output.Compact, set.Keys, []string{"ES256", "ES384"})
	require.ErrorIs(t, err, rejection.Algorithm)
}

// The salt of RSASSA-PSS is as long as the hash (RFC 7518 §3.5). Longer and
// shorter ones verify with the default options of crypto/rsa.
func TestC_7518_3_5_1_SaltOfPSS(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	digest := sha256.Sum256([]byte("input"))
	for _, length := range []int{0, 20, 31, 32, 33, 48, 64} {
		t.Run(strconv.Itoa(length), func(t *testing.T) {
			t.Parallel()
			options := &rsa.PSSOptions{SaltLength: length, Hash: crypto.SHA256}
			signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], options)
			require.NoError(t, err)
			require.NoError(t, rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, digest[:], signature, nil))
			assert.Equal(t, length == 32, jws.VerifySignature("PS256", &key.PublicKey, "input", signature))
		})
	}
}
