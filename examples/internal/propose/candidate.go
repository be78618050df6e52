package propose

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/token"
)

// candidate is the token, and what it says.
type candidate struct {
	config token.Config
	sent   token.Presentation

	header, claims map[string]any
	clientClaim    string // the claim with the client id, or ""
	clientID       string
	scopeClaim     string // the claim with the scopes, or ""
	scopes         []string

	now, at         time.Time // at is near now, and the token is valid then
	begins, expires time.Time
}

// ofAnyProfile are the checks that no profile changes.
var ofAnyProfile = []string{
	"credentials", "size", "compact form", "header is strict JSON", "payload is strict JSON", "alg", "crit", "cty", "kid", "issuer of the keys", "signature", "iss", "binding",
}

// read reads the token, once its signature has been verified.
func (c *candidate) read(ctx context.Context) error {
	v, err := token.NewVerifier(c.config)
	if err != nil {
		return err
	}
	for _, f := range v.Explain(ctx, c.sent) {
		if f.Err != nil && slices.Contains(ofAnyProfile, f.Check) {
			return f.Err
		}
	}
	parts := strings.Split(c.sent.Token, ".")
	c.header, err = object(parts[0])
	if err == nil {
		c.claims, err = object(parts[1])
	}
	if err != nil {
		return err
	}
	c.readTimes()
	c.clientClaim = c.firstText("client_id", "cid", "appid", "azp")
	c.clientID, _ = c.claims[c.clientClaim].(string)
	c.readScopes()
	return nil
}

// object reads a part of a token that the strict reader has accepted.
func object(part string) (members map[string]any, err error) {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	return members, err
}

func (c *candidate) readTimes() {
	c.now = time.Now()
	if c.config.Time != nil {
		c.now = c.config.Time()
	}
	date := func(name string) time.Time {
		seconds, _ := c.claims[name].(float64)
		return time.Unix(int64(seconds), 0)
	}
	c.expires, c.begins = date("exp"), date("nbf")
	if issued := date("iat"); issued.After(c.begins) {
		c.begins = issued
	}
	c.at = c.now
	if last := c.expires.Add(-time.Second); c.at.After(last) {
		c.at = last
	}
	if c.at.Before(c.begins) {
		c.at = c.begins
	}
}

// firstText is the first of the claims that is a string, or "".
func (c *candidate) firstText(names ...string) string {
	for _, name := range names {
		if text, _ := c.claims[name].(string); text != "" {
			return name
		}
	}
	return ""
}

func (c *candidate) readScopes() {
	for _, name := range []string{"scope", "scp"} {
		switch value := c.claims[name].(type) {
		case string:
			c.scopes = unique(strings.Split(value, " "))
		case []any:
			c.scopes = unique(texts(value))
		default:
			continue
		}
		c.scopeClaim = name
		return
	}
}

func unique(list []string) (found []string) {
	for _, s := range list {
		if !slices.Contains(found, s) && s != "" {
			found = append(found, s)
		}
	}
	return found
}

// texts are the strings of a list.
func texts(list []any) (found []string) {
	for _, element := range list {
		if text, ok := element.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

// ofIDTokens are claims that ID tokens have and access tokens do not (OpenID
// Connect Core §2, §3.1.3.6, §3.3.2.11).
var ofIDTokens = []string{"nonce", "at_hash", "c_hash", "s_hash"}

// kinds are claims in which issuers say what a token is for, with the value that
// access tokens have.
var kinds = []struct{ claim, access, id string }{{"token_use", "access", "id"}, {"typ", "Bearer", "ID"}}

// mediaType is what the type of a token looks like (RFC 7515 §4.1.9).
var mediaType = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9!#$&^_.+/-]{0,99}$`)

var errOther = errors.New("this is no access token")

// refuseOtherKinds refuses what says of itself that it is another token. A profile
// for it would accept what every client of the issuer can get.
func (c *candidate) refuseOtherKinds() error {
	for _, name := range ofIDTokens {
		if _, ok := c.claims[name]; ok {
			return fmt.Errorf("%w: %w: it has %s, as ID tokens do. Have the client send its access token, or the issuer leave the claim out of access tokens", ErrHole, errOther, name)
		}
	}
	for _, kind := range kinds {
		if value, ok := c.claims[kind.claim]; ok && value != kind.access {
			return fmt.Errorf("%w: %w: its claim %s is %.40q, want %q", ErrHole, errOther, kind.claim, fmt.Sprint(value), kind.access)
		}
	}
	typ, isText := c.header["typ"].(string)
	if _, ok := c.header["typ"]; ok && (!isText || !mediaType.MatchString(typ)) {
		return fmt.Errorf("%w: its type is no media type", ErrHole)
	}
	for _, other := range []string{"id_token+jwt", "id+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "rt+jwt", "token-introspection+jwt", "oauth-authz-req+jwt", "client-authentication+jwt"} {
		if strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), other) {
			return fmt.Errorf("%w: %w: its type is %s", ErrHole, errOther, other)
		}
	}
	if _, ok := c.claims["events"]; ok {
		return fmt.Errorf("%w: %w: it has events, as logout tokens do", ErrHole, errOther)
	}
	return c.refuseSignIns()
}
