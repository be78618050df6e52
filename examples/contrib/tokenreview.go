package contrib

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/token"
)

// TokenReview is an Authenticator for tokens that a Kubernetes API server judges
// by its TokenReview API, which is not RFC 7662: a template for other
// issuers with a protocol of their own. It asks at each call and remembers
// nothing, so that a token counts for no longer than the API server says.
type TokenReview struct {
	// Server is the URL of the API server, https.
	Server string
	// Issuer stands for the API server in policies and logs.
	Issuer string
	// Audience is the name of this service in tokens. It is required: without it the
	// API server judges whether the token is for itself.
	Audience string
	// Credentials returns this service's own token, which Kubernetes replaces about
	// once an hour.
	Credentials func() (string, error)
	// Client reaches the API server. Its transport has the certificate authority
	// of the cluster.
	Client *http.Client
	// Slots is how many questions may be under way at once, by its capacity. Calls
	// that find none free are answered 503.
	Slots chan struct{}
}

// The limits of one question.
const (
	reviewTimeout = 3 * time.Second
	longestReview = 64 << 10
	longestToken  = 16 << 10
	// reviewLifetime ends a long call, since a TokenReview does not say when the
	// token expires.
	reviewLifetime = time.Minute
)

// Authenticate implements token.Authenticator. An answer about the token is one
// error, and a question that was not answered another: the caller is told 401 for
// the first and 503 for the second.
func (a *TokenReview) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	switch {
	case p.Token == "", p.Scheme != "" && !strings.EqualFold(p.Scheme, "Bearer"):
		return nil, token.ErrMissing
	case len(p.Token) > longestToken:
		return nil, token.ErrTooLarge
	}
	status, err := a.review(ctx, p.Token)
	switch {
	case err != nil:
		return nil, token.AsOutcome(err, token.ErrUnavailable)
	case !status.Authenticated:
		return nil, token.ErrInactive
	case !slices.Contains(status.Audiences, a.Audience):
		// An API server that does not know audiences leaves the list out.
		return nil, token.ErrAudience
	}
	return token.Vouched(p.Token, a.vouch(status))
}

// vouch says in the words of package token what the API server has said.
func (a *TokenReview) vouch(s reviewStatus) token.VouchedClaims {
	claims := token.VouchedClaims{
		Issuer:      a.Issuer,
		Audience:    []string{a.Audience},
		Expiry:      time.Now().Add(reviewLifetime),
		Subject:     s.User.Username,
		SubjectKind: token.SubjectUser,
		Sets:        map[string][]string{"groups": s.User.Groups},
	}
	if strings.HasPrefix(s.User.Username, "system:serviceaccount:") {
		claims.SubjectKind, claims.ClientID = token.SubjectClient, s.User.Username
	}
	return claims
}

// reviewStatus is the status of a TokenReview.
type reviewStatus struct {
	Authenticated bool
	Audiences     []string
	User          struct {
		Username string
		Groups   []string
	}
}

// review asks about one token. Every error means that there is no answer.
func (a *TokenReview) review(ctx context.Context, raw string) (reviewStatus, error) {
	select {
	case a.Slots <- struct{}{}:
		defer func() { <-a.Slots }()
	default:
		return reviewStatus{}, errors.New("too many token reviews are under way")
	}
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	r, err := a.question(ctx, raw)
	if err != nil {
		return reviewStatus{}, err
	}
	client := *a.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(r)
	if err != nil {
		return reviewStatus{}, err
	}
	defer func() { _ = response.Body.Close() }()
	return answered(response)
}

func (a *TokenReview) question(ctx context.Context, raw string) (*http.Request, error) {
	own, err := a.Credentials()
	if err != nil {
		return nil, fmt.Errorf("no token of this service: %w", err)
	}
	body, err := json.Marshal(map[string]any{
		"apiVersion": "authentication.k8s.io/v1",
		"kind":       "TokenReview",
		"spec":       map[string]any{"token": raw, "audiences": []string{a.Audience}},
	})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Server+"/apis/authentication.k8s.io/v1/tokenreviews", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+own)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	return r, nil
}

// answered reads an answer. A status of 401 or 403 is about this service, and not
// about the token.
func answered(response *http.Response) (reviewStatus, error) {
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated {
		return reviewStatus{}, fmt.Errorf("token review: status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, longestReview+1))
	if err != nil {
		return reviewStatus{}, err
	}
	if len(text) > longestReview {
		return reviewStatus{}, errors.New("token review: the answer is too long")
	}
	var review struct {
		Kind   string
		Status *reviewStatus
	}
	if err := json.Unmarshal(text, &review); err != nil {
		return reviewStatus{}, errors.New("token review: the answer is not JSON as expected")
	}
	if review.Kind != "TokenReview" || review.Status == nil {
		return reviewStatus{}, errors.New("token review: the answer is no TokenReview with a status")
	}
	return *review.Status, nil
}
