package jwks

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/printable"
)

// maxSkippedShown is how many keys an error names.
const maxSkippedShown = 5

// maxName is how many bytes of a kid are shown.
const maxName = 128

// nameOf is a kid as it is shown: the issuer chose it, so it is cut, and bytes
// that do not print become escape sequences as in a Go string.
func nameOf(kid string) string {
	if !printable.Is(kid) {
		quoted := strconv.QuoteToASCII(kid[:min(len(kid), maxName)])
		kid = quoted[1 : len(quoted)-1]
	}
	return kid[:min(len(kid), maxName)]
}

func namesOf(keys []Key) []string {
	var names []string
	for _, k := range keys {
		names = append(names, nameOf(k.ID))
	}
	return names
}

// why is the reason for which a key is not used, with its detail.
func (s Skipped) why() string {
	reason := strings.TrimPrefix(s.Reason.Error(), "jwks: ")
	if s.Detail != "" {
		return reason + ": " + s.Detail
	}
	return reason
}

// noUsableKey is the error for a set if all its keys were skipped.
func noUsableKey(skipped []Skipped) error {
	if len(skipped) == 0 {
		return evidence.Errorf(ErrNoKeys, "no usable key: the set is empty")
	}
	var texts []string
	for _, s := range skipped[:min(len(skipped), maxSkippedShown)] {
		texts = append(texts, `"`+s.ID+`": `+s.why())
	}
	if more := len(skipped) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return evidence.Errorf(ErrNoKeys, "no usable key: %s", strings.Join(texts, "; "))
}

// explain adds to ErrNotFound the reason for which the key that is published
// under kid is not used. Other errors stay as they are.
func (st *state) explain(kid string, err error) error {
	if !errors.Is(err, ErrNotFound) || kid == "" || st.set == nil || len(st.set.skipped) == 0 {
		return err
	}
	name := nameOf(kid)
	i := slices.IndexFunc(st.set.skipped, func(s Skipped) bool { return s.ID == name })
	if i < 0 {
		return err
	}
	return evidence.OneLine(evidence.Errorf(ErrNotFound, "jwks: key \"%s\" is published but not used: %s", name, st.set.skipped[i].why()))
}

// skipped is why k is not used.
func (k *jwk) skipped(reason error) error {
	return evidence.Errorf(reason, "%s", k.detail(reason))
}

// skip is a key that is not used, from the error of parseKey.
func skip(id string, err error) Skipped {
	s := Skipped{ID: nameOf(id), Reason: err}
	var f *evidence.Error
	if errors.As(err, &f) {
		s.Reason, s.Detail = f.Kind, f.Text
	}
	return s
}

// detail says which member of k is the reason for not using it.
func (k *jwk) detail(reason error) string {
	switch reason {
	case ErrKeyMalformed:
		return k.flaw()
	case ErrKeyUnsupported:
		return fmt.Sprintf("kty is %s, crv is %s", printable.Value(k.kty), cmp.Or(printable.Value(k.crv), "absent"))
	case ErrKeyUse:
		return k.purpose()
	case ErrKeyAlgorithm:
		return fmt.Sprintf("alg is %s, kty is %s", printable.Value(k.alg), printable.Value(k.kty))
	case ErrKeyWeak:
		return k.weakness()
	}
	return ""
}

func (k *jwk) purpose() string {
	text := "use is " + cmp.Or(printable.Value(k.use), "absent")
	if k.hasOps {
		text += fmt.Sprintf(", key_ops is %s", printable.Value(strconv.QuoteToASCII(strings.Join(k.ops, " "))))
	}
	return text
}

// flaw says which member is malformed: one that cannot be read at all, or one
// of the numbers.
func (k *jwk) flaw() string {
	switch {
	case k.unread != "":
		return k.unread
	case k.malformed:
		return "no JSON object with distinct members"
	case k.kty == "":
		return "kty is absent"
	}
	for _, name := range map[string][]string{"RSA": {"n", "e"}, "EC": {"x", "y"}, "OKP": {"x"}}[k.kty] {
		if text := k.numberFlaw(name); text != "" {
			return text
		}
	}
	return "the numbers are no public key"
}

func (k *jwk) numberFlaw(name string) string {
	want := coordinateBytes[k.crv]
	if k.kty == "OKP" {
		want = ed25519Bytes
	}
	number, err := k.decode(name)
	switch text := k.material[name]; {
	case text == "":
		return name + " is absent"
	case strings.Contains(text, "="):
		return name + ` has padding "=", want base64url without`
	case err != nil:
		return name + " is not the one base64url spelling of its bytes"
	case want > 0 && len(number) != want:
		return fmt.Sprintf("%s has %d bytes, want %d", name, len(number), want)
	}
	return ""
}

const ed25519Bytes = 32

func (k *jwk) weakness() string {
	if k.kty != "RSA" {
		return "x is a point of small order"
	}
	modulus, _ := k.decode("n")
	exponent, _ := k.decode("e")
	bits := new(big.Int).SetBytes(modulus).BitLen()
	switch e := new(big.Int).SetBytes(exponent); {
	case bits < minRSABits || bits > maxRSABits:
		return fmt.Sprintf("n has %d bits, want %d to %d", bits, minRSABits, maxRSABits)
	case !e.IsInt64() || e.Int64() < minRSAExponent || e.Int64() > maxRSAExponent || e.Bit(0) == 0:
		return fmt.Sprintf("e is outside of the odd numbers from %d to %d", minRSAExponent, maxRSAExponent)
	}
	return "n has a known weakness"
}
