package scope

import (
	"context"
	"fmt"
	"strconv"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// Tenant asks for a good token whose tenant is the tenant that the call
// addresses: where each tenant has an issuer, a token of one must not open the
// data of another, though both issuers are accepted.
//
// of returns the tenant of a token, such as token.Template.Value of its issuer
// or a claim. addressed returns that of the call, in the same spelling. Over
// gRPC ctx is the context of the call, for its metadata. Over HTTP it is that
// of the request, and middleware.RequestFrom returns the request, for its host
// and r.PathValue. The two are compared byte for byte, and "" on either side
// denies the call. Both may be called concurrently and should not block.
//
// Policy.Check knows no call, and denies; use Policy.CheckCall. Tenant panics
// with an error that matches token.ErrConfig if a function is nil.
func Tenant(of func(*token.Token) string, addressed func(ctx context.Context) string) Policy {
	if of == nil || addressed == nil {
		panic(fmt.Errorf("scope: %w: Tenant was given a nil function", token.ErrConfig))
	}
	p := onCall("tenant", func(c call) error {
		if c.ctx == nil {
			return errNoCall
		}
		has, wanted := of(c.token), addressed(c.ctx)
		if has == "" || has != wanted {
			return &wrongTenant{has, wanted}
		}
		return nil
	})
	p.onCall = true
	return p
}

var errNoCall = &refusal{rule: "tenant", why: token.ErrDenied, detail: ": checked by Policy.Check, which knows no call, want Policy.CheckCall"}

// wrongTenant says which tenants did not match. Like a refusal it is put together
// only if it is read.
type wrongTenant struct{ has, addressed string }

// Unwrap returns the outcome.
func (*wrongTenant) Unwrap() error { return token.ErrDenied }

func (w *wrongTenant) Error() string {
	return printable.Line(`scope: rule "tenant": access denied: the tenant of the token is ` + shown(w.has) + ", want " + shown(w.addressed) + ", the tenant addressed")
}

func shown(tenant string) string {
	if tenant == "" {
		return "not known"
	}
	return printable.Value(strconv.QuoteToASCII(tenant))
}
