package credentials_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/token"
)

const good = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"

func TestParse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		fields []string
		raw    string
		err    error
	}{
		{"C_6750-2.1-1 Bearer and a token", []string{"Bearer " + good}, good, nil},
		{"C_6750-2.1-2 lower case", []string{"bearer " + good}, good, nil},
		{"C_6750-2.1-2 upper case", []string{"BEARER " + good}, good, nil},
		{"C_6750-2.1-2 mixed case", []string{"bEaReR " + good}, good, nil},
		{"C_6750-2.1-3 three spaces", []string{"Bearer   " + good}, good, nil},
		{"C_6750-2.1-4 tab", []string{"Bearer\t" + good}, "", credentials.ErrMalformed},
		{"C_6750-2.1-4 space and tab", []string{"Bearer \t" + good}, "", credentials.ErrMalformed},
		{"C_6750-2.1-4 no-break space", []string{"Bearer\u00a0" + good}, "", credentials.ErrMalformed},
		{"C_6750-2.1-4 nothing", []string{"Bearer/abc"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-4 colon", []string{"Bearer:" + good}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 every character of token68", []string{"Bearer azAZ09-._~+/=="}, "azAZ09-._~+/==", nil},
		{"C_6750-2.1-5 comma", []string{"Bearer abc,def"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 two words", []string{"Bearer a b"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 quoted", []string{`Bearer "abc"`}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 not ASCII", []string{"Bearer tök"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 padding inside", []string{"Bearer ab=cd"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 padding alone", []string{"Bearer =="}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 NUL", []string{"Bearer ab\x00cd"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 line feed", []string{"Bearer ab\ncd"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 DEL", []string{"Bearer ab\x7f"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-5 two tokens joined by a comma", []string{"Bearer " + good + ", Bearer " + good}, "", credentials.ErrMalformed},
		{"C_6750-2.1-7 scheme alone", []string{"Bearer"}, "", credentials.ErrMalformed},
		{"C_6750-2.1-7 scheme and a space", []string{"Bearer "}, "", credentials.ErrMalformed},
		{"C_6750-2.1-8 another scheme", []string{"Basic dTpw"}, "", token.ErrMissing},
		{"C_6750-2.1-8 longer scheme", []string{"Bearerish x"}, "", token.ErrMissing},
		{"C_6750-2.1-8 shorter scheme", []string{"Bear " + good}, "", token.ErrMissing},
		{"C_6750-2.1-8 DPoP where only Bearer is accepted", []string{"DPoP " + good}, "", token.ErrMissing},
		{"C_6750-2.1-8 a token without a scheme", []string{good}, "", token.ErrMissing},
		{"C_6750-2.1-8 a scheme that folds to Bearer in Unicode only", []string{"Bea\u017fer " + good}, "", token.ErrMissing},
		{"C_6750-2.1-8 control character first", []string{"\x01Bearer " + good}, "", token.ErrMissing},
		{"C_6750-2.1-9 empty", []string{""}, "", token.ErrMissing},
		{"C_6750-2.1-9 spaces and tabs", []string{" \t "}, "", token.ErrMissing},
		{"C_6750-3.1-4 no field", nil, "", token.ErrMissing},
		{"C_6750-2.1-10 the same token twice", []string{"Bearer " + good, "Bearer " + good}, "", credentials.ErrMultiple},
		{"C_6750-2.1-10 an accepted and another scheme", []string{"Bearer " + good, "Basic dTpw"}, "", credentials.ErrMultiple},
		{"C_6750-2.1-10 an empty one first", []string{"", "Bearer " + good}, "", credentials.ErrMultiple},
		{"white space around the field", []string{" \tBearer " + good + "\t "}, good, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			scheme, raw, err := credentials.Parse(row.fields, "Bearer")
			assert.ErrorIs(t, err, row.err)
			assert.Equal(t, row.raw, raw)
			if row.err == nil {
				assert.Equal(t, "Bearer", scheme, "the scheme is spelled as the table spells it")
			} else {
				assert.Empty(t, scheme)
			}
		})
	}
}

func TestParse_severalSchemes(t *testing.T) {
	t.Parallel()
	scheme, raw, err := credentials.Parse([]string{"dpop " + good}, "Bearer", "DPoP")
	assert.NoError(t, err)
	assert.Equal(t, "DPoP", scheme)
	assert.Equal(t, good, raw)

	_, _, err = credentials.Parse([]string{"DPoP"}, "Bearer", "DPoP")
	assert.ErrorIs(t, err, credentials.ErrMalformed)

	_, _, err = credentials.Parse([]string{"Bearer " + good})
	assert.ErrorIs(t, err, token.ErrMissing, "no scheme is accepted unless it is named")
}

func TestErrorsMatchOneOutcome(t *testing.T) {
	t.Parallel()
	for _, err := range []error{credentials.ErrMalformed, credentials.ErrMultiple} {
		assert.ErrorIs(t, err, token.ErrRequest)
		assert.NotErrorIs(t, err, token.ErrMissing)
		assert.NotErrorIs(t, err, token.ErrInvalid)
	}
	assert.NotErrorIs(t, credentials.ErrMalformed, credentials.ErrMultiple)
}

func TestParseAllocatesNothing(t *testing.T) {
	fields := []string{"Bearer " + good}
	allocs := testing.AllocsPerRun(100, func() {
		_, _, _ = credentials.Parse(fields, "Bearer")
		_, _, _ = credentials.Parse(nil, "Bearer")
	})
	assert.Zero(t, allocs)
}

// Bytes are looked at eight at a time: none may hide behind its neighbour,
// wherever the two stand.
func TestParse_everyPairOfBytes(t *testing.T) {
	t.Parallel()
	for place := range 9 {
		field := []byte("Bearer " + good)
		for a := range 256 {
			for b := range 256 {
				field[12+place], field[13+place] = byte(a), byte(b)
				_, raw, err := credentials.Parse([]string{string(field)}, "Bearer")
				wantRaw, wantErr := naive(string(field))
				if raw != wantRaw || !sameError(err, wantErr) {
					t.Fatalf("%q: got %q, %v; the grammar says %q, %v", field, raw, err, wantRaw, wantErr)
				}
			}
		}
	}
}

func TestScheme(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"bearer " + good: "Bearer", " \tBEARER": "Bearer", "dpop x,y": "DPoP", "Basic x": "", good: "", "": "", "Bearerish x": "",
	} {
		assert.Equal(t, want, credentials.Scheme(field, "Bearer", "DPoP"), field)
	}
}

// Operators are told all schemes that would do.
func TestEvidence_severalSchemes(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"Basic x": `has the scheme "Basic", want Bearer or DPoP`, good: "want Bearer or DPoP and the token", good + " x": "another scheme than Bearer or DPoP",
	} {
		_, _, err := credentials.Parse([]string{field}, "Bearer", "DPoP")
		assert.ErrorIs(t, err, token.ErrMissing)
		assert.ErrorContains(t, err, want)
	}
}
