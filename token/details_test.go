package token_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// payment is a type of detail of the service's own.
type payment struct {
	Actions []string `json:"actions"`
	Amount  struct {
		Value    string `json:"value"`
		Currency string `json:"currency"`
	} `json:"amount"`
}

const paymentText = `{"type":"payment","actions":["initiate"],"AMOUNT":{"value":"9"},"amount":{"value":"1","currency":"EUR","VALUE":"9"}}`

// withDetails are tokens with this claim: as a JWT, and as one that was vouched
// for.
func withDetails(t testing.TB, text string) map[string]*token.Token {
	t.Helper()
	claim := json.RawMessage(text)
	opaque, err := token.Vouched("opaque", vouched(func(c *token.VouchedClaims) {
		c.JSON = []byte(`{"authorization_details":` + text + `}`)
	}))
	require.NoError(t, err)
	return map[string]*token.Token{
		"jwt":    verified(t, claims("aud", []string{audience, "https://other.example.com"}, "authorization_details", claim), func(c *token.Config) { c.MaxTokenSize = 1 << 16 }),
		"opaque": opaque,
	}
}

func TestDetailsOf(t *testing.T) {
	t.Parallel()
	here, there := `"locations":["`+audience+`"]`, `"locations":["https://other.example.com"]`
	for name, row := range map[string]struct {
		claim string
		typ   string
		want  int
		unfit int // elements that count and do not fit the Go type
	}{
		"C_9396-9.2-1 of the type":                            {`[` + paymentText + `]`, "payment", 1, 0},
		"several, and others between":                         {`[{"type":"a"},{"type":"b","n":1},{"type":"a","x":{}}]`, "a", 2, 0},
		"none":                                                {`[]`, "payment", 0, 0},
		"C_9396-9-1 the type in another case":                 {`[{"type":"Payment"}]`, "payment", 0, 0},
		"C_9396-9-1 a longer type":                            {`[{"type":"payment "},{"type":"payments"},{"type":"pay"}]`, "payment", 0, 0},
		"C_9396-9-1 the type with escapes":                    {`[{"type":"p\u0061yment"}]`, "payment", 1, 0},
		"C_9396-9-1 unknown types are ignored":                {`[{"type":"x","actions":7},` + paymentText + `]`, "payment", 1, 0},
		"C_9396-9-1 Type is not type":                         {`[{"type":"x","Type":"payment"}]`, "payment", 0, 0},
		"C_9396-9.1-1 for this service":                       {`[{"type":"payment",` + here + `}]`, "payment", 1, 0},
		"C_9396-9.1-1 for another service, though aud has it": {`[{"type":"payment",` + there + `}]`, "payment", 0, 0},
		"C_9396-9.1-1 for both":                               {`[{"type":"payment","locations":["https://other.example.com","` + audience + `"]}]`, "payment", 1, 0},
		"C_9396-9.1-1 for both, this one first":               {`[{"type":"payment","locations":["` + audience + `","https://other.example.com"]}]`, "payment", 1, 0},
		"C_9396-9.1-1 for no location":                        {`[{"type":"payment","locations":[]}]`, "payment", 0, 0},
		"C_9396-9.1-1 below this service":                     {`[{"type":"payment","locations":["` + audience + `/"]}]`, "payment", 0, 0},
		"C_9396-2.2-1 actions as a string":                    {`[{"type":"payment","actions":"initiate"}]`, "payment", 0, 0},
		"C_9396-2.2-1 actions beside a number":                {`[{"type":"payment","actions":["initiate",1]}]`, "payment", 0, 0},
		"C_9396-2.2-1 actions before a number":                {`[{"type":"payment","actions":[1,"initiate"]}]`, "payment", 0, 0},
		"C_9396-2.2-1 actions null":                           {`[{"type":"payment","actions":null}]`, "payment", 0, 0},
		"C_9396-2.2-1 datatypes as an object":                 {`[{"type":"payment","datatypes":{}}]`, "payment", 0, 0},
		"C_9396-2.2-1 privileges as a boolean":                {`[{"type":"payment","privileges":true}]`, "payment", 0, 0},
		"C_9396-2.2-1 identifier as a number":                 {`[{"type":"payment","identifier":7}]`, "payment", 0, 0},
		"C_9396-2.2-1 identifier as an array":                 {`[{"type":"payment","identifier":["7"]}]`, "payment", 0, 0},
		"C_9396-2.2-1 locations as a string":                  {`[{"type":"payment","locations":"` + audience + `"}]`, "payment", 0, 0},
		"C_9396-2.2-1 locations beside a number":              {`[{"type":"payment","locations":["` + audience + `",7]}]`, "payment", 0, 0},
		"C_9396-2.2-1 wrong, then right members":              {`[{"type":"payment","identifier":7,"actions":["initiate"],` + here + `}]`, "payment", 0, 0},
		"C_9396-2.2-1 wrong, then a right identifier":         {`[{"type":"payment","actions":7,"identifier":"i"}]`, "payment", 0, 0},
		"C_9396-2.2-1 wrong, then right locations":            {`[{"type":"payment","actions":7,` + here + `}]`, "payment", 0, 0},
		"C_9396-2.2-1 one wrong element beside a right one":   {`[{"type":"payment","actions":7},{"type":"payment","actions":[]}]`, "payment", 1, 0},
		"what does not fit the Go type":                       {`[{"type":"payment","amount":7},{"type":"payment","amount":{"value":1}}]`, "payment", 0, 2},
		"64 elements":                                         {`[` + strings.Repeat(`{"type":"x"},`, 63) + paymentText + `]`, "payment", 1, 0},
		"16384 bytes":                                         {`[{"type":"payment","x":"` + strings.Repeat("x", 16384-27) + `"}]`, "payment", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, tok := range withDetails(t, row.claim) {
				found, err := token.DetailsOf[payment](tok, row.typ)
				require.NoError(t, err, kind)
				assert.Len(t, found, row.want, kind)
				asMap, err := token.DetailsOf[map[string]any](tok, row.typ)
				require.NoError(t, err, kind)
				assert.Len(t, asMap, row.want+row.unfit, "%s: what is wrong for one Go type is wrong for all", kind)
			}
		})
	}
}

// An element is decoded as claims are: by names with their case.
func TestDetailsAreDecoded(t *testing.T) {
	t.Parallel()
	for kind, tok := range withDetails(t, `[`+paymentText+`,{"type":"payment","actions":["cancel"]}]`) {
		found, err := token.DetailsOf[payment](tok, "payment")
		require.NoError(t, err, kind)
		require.Len(t, found, 2, kind)
		assert.Equal(t, []string{"initiate"}, found[0].Actions)
		assert.Equal(t, "1", found[0].Amount.Value)
		assert.Equal(t, []string{"cancel"}, found[1].Actions)
		found[0].Actions[0] = "changed"
		again, err := token.DetailsOf[map[string]any](tok, "payment")
		require.NoError(t, err)
		assert.Equal(t, []any{"initiate"}, again[0]["actions"], "what a caller does with the result is its own affair")
		_, err = token.DetailsOf[*payment](tok, "payment")
		require.NoError(t, err)
	}
}

func TestDetailsThatAreMalformed(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ claim, says string }{
		"C_9396-2-1 an object instead of an array": {`{"type":"payment"}`, "is an object"},
		"C_9396-2-1 a string":                      {`"payment"`, "is a string"},
		"C_9396-2-1 null":                          {`null`, "is null"},
		"C_9396-2-1 an element without a type":     {`[{"type":"payment"},{"actions":[]}]`, "an array with a type that is nothing"},
		"C_9396-2-1 a type that is a number":       {`[{"type":5},{"type":"payment"}]`, "an array with a type that is a number"},
		"C_9396-2-1 a type that is null":           {`[{"type":"payment"},{"type":null}]`, "an array with a type that is null"},
		"C_9396-2-1 an element that is a string":   {`[{"type":"payment"},"payment"]`, "an array with a string"},
		"C_9396-2-1 an element that is an array":   {`[[{"type":"payment"}]]`, "an array with an array"},
		"65 elements":                              {`[{"type":"payment"}` + strings.Repeat(`,{"type":"payment"}`, 64) + `]`, "an array of more than 64"},
		"16385 bytes":                              {`[{"type":"payment","x":"` + strings.Repeat("x", 16384-26) + `"}]`, "16385 bytes long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, tok := range withDetails(t, row.claim) {
				found, err := token.DetailsOf[payment](tok, "payment")
				require.ErrorIs(t, err, token.ErrClaim, kind)
				assertOneOutcome(t, err)
				assert.Nil(t, found)
				assert.ErrorContains(t, err, "authorization_details is ")
				assert.ErrorContains(t, err, row.says)
				assert.True(t, printable.Is(err.Error()))
			}
		})
	}
}

// The claim is about accounts and people. An error does not show it.
func TestDetailsAreNotInErrors(t *testing.T) {
	t.Parallel()
	for _, claim := range []string{`{"iban":"DE02120300000000202051"}`, `[{"type":"DE02120300000000202051"},{"iban":"DE02120300000000202051"}]`, `["DE02120300000000202051"]`} {
		for _, tok := range withDetails(t, claim) {
			_, err := token.DetailsOf[payment](tok, "payment")
			require.ErrorIs(t, err, token.ErrClaim)
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "DE02")
		}
	}
}

func TestDetailsOfNothing(t *testing.T) {
	t.Parallel()
	for _, tok := range []*token.Token{nil, {}} {
		_, err := token.DetailsOf[payment](tok, "payment")
		require.ErrorIs(t, err, token.ErrMissing)
	}
	found, err := token.DetailsOf[payment](verified(t, mint{}, nil), "payment")
	require.NoError(t, err)
	assert.Empty(t, found)
}

// Only who asks is refused: the claim is none of the business of a service
// without such rules.
func TestC_9396_2_1_MalformedDetailsRefuseNoOtherCall(t *testing.T) {
	t.Parallel()
	for _, tok := range withDetails(t, `"x"`) {
		assert.Equal(t, "user", tok.Subject())
	}
}

// FuzzDetails holds the reader against a naive one.
func FuzzDetails(f *testing.F) {
	for _, text := range []string{
		`[` + paymentText + `]`, `[]`, `{}`, `null`, `[{"type":"payment","locations":["` + audience + `"]},{"type":"x"}]`,
		`[{"type":"payment","actions":["a",1]}]`, `[{"type":"payment","type":"x"}]`, `[{"type":"payment","identifier":{"a":[[[[]]]]}}] `, `[{"type":"payment"},7]`,
	} {
		f.Add(text, "payment")
	}
	f.Fuzz(func(t *testing.T, text, typ string) {
		tok, err := token.Vouched("", vouched(func(c *token.VouchedClaims) { c.JSON = []byte(`{"authorization_details":` + text + `}`) }))
		if err != nil {
			return
		}
		found, err := token.DetailsOf[map[string]any](tok, typ)
		want, good := naiveDetails(t, tok, typ)
		require.Equal(t, good, err == nil, "%s: %v", text, err)
		if err != nil {
			assertOneOutcome(t, err)
			return
		}
		require.Equal(t, len(want), len(found), "%s", text)
		for i := range want {
			require.Equal(t, want[i], found[i])
		}
	})
}

// naiveDetails are the elements that count, read with maps.
func naiveDetails(t *testing.T, tok *token.Token, typ string) (found []map[string]any, good bool) {
	t.Helper()
	all, err := token.ClaimsOf[map[string]json.RawMessage](tok)
	require.NoError(t, err)
	text, has := all["authorization_details"]
	var elements []any
	if json.Unmarshal(text, &elements) != nil || elements == nil || len(elements) > 64 || len(text) > 16384 {
		return nil, !has
	}
	for _, e := range elements {
		element, _ := e.(map[string]any)
		of, ok := element["type"].(string)
		if !ok {
			return nil, false
		}
		if of == typ && naivelyCounts(element) {
			found = append(found, element)
		}
	}
	return found, true
}

func naivelyCounts(element map[string]any) bool {
	for _, name := range []string{"actions", "datatypes", "privileges", "locations"} {
		value, has := element[name]
		list, isList := value.([]any)
		here := false
		for _, v := range list {
			if _, isText := v.(string); !isText {
				return false
			}
			here = here || v == audience
		}
		if has && (!isList || name == "locations" && !here) {
			return false
		}
	}
	identifier, has := element["identifier"]
	_, isText := identifier.(string)
	return isText || !has
}
