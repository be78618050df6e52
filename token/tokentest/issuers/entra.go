package issuers

import (
	"strings"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

const (
	entraTenant = "3f6c2c1e-5f0b-4a7e-9d55-6b1f0e7a2c10"
	entraAPI    = "b1946ac9-2c7d-4e43-8a3a-0f7e5d6c4b21" // the client id of the service's registration
	entraClient = "9d5ed678-fe57-4b0c-9a0e-1c2b3d4e5f32"
	entraJob    = "5e884898-da28-4715-91d0-2e56f8dc6243"
	entraUser   = "a2c4e6f8-1357-4b9d-8e0f-112233445566"
	entraRobot  = "c0ffee00-7f83-4165-8937-aa55bb66cc77" // the service principal of entraJob
)

// EntraV2 is a tenant of Microsoft Entra ID. The registration of the service has
// requestedAccessTokenVersion 2, app roles, and the optional claim idtyp.
func EntraV2() Shape { return entraV2("entra-v2") }

// EntraMultiTenant is EntraV2 for a service that users of several tenants call.
// It is one of the tenants; tokens of another have its issuer identifier, by
// tokentest.Claim("iss", ...) before the Edit, and then its tid.
func EntraMultiTenant() Shape { return entraV2("entra-multi-tenant") }

func entraV2(name string) Shape {
	access := form{typ: "JWT", clientID: "azp", scope: "scp", claims: append(entraUserClaims(),
		claim{"azp", entraClient},
		claim{"azpacr", "0"},
		claim{"preferred_username", "alice@example.com"},
		claim{"ver", "2.0"},
	)}
	machine := form{typ: "JWT", clientID: "azp", scope: "scp", claims: append(entraMachineClaims(),
		claim{"azp", entraJob},
		claim{"azpacr", "1"},
		claim{"ver", "2.0"},
	)}
	id := entraID().with(claim{"preferred_username", "alice@example.com"}, claim{"ver", "2.0"})
	return entra(name, tokentest.Options{
		Identifier: "https://login.microsoftonline.com/" + entraTenant + "/v2.0", Audience: []string{entraAPI}, Algorithms: []string{"RS256"},
	}, access, machine, id)
}

// EntraV1 is EntraV2 with tokens of version 1.
func EntraV1() Shape {
	x5t := []claim{{"x5t", kid}}
	access := form{typ: "JWT", header: x5t, clientID: "appid", scope: "scp", claims: append(entraUserClaims(),
		claim{"acr", "1"},
		claim{"amr", []string{"pwd", "mfa"}},
		claim{"appid", entraClient},
		claim{"appidacr", "0"},
		claim{"ipaddr", "203.0.113.7"},
		claim{"unique_name", "alice@example.com"},
		claim{"ver", "1.0"},
	)}
	machine := form{typ: "JWT", header: x5t, clientID: "appid", scope: "scp", claims: append(entraMachineClaims(),
		claim{"appid", entraJob},
		claim{"appidacr", "1"},
		claim{"idp", "https://sts.windows.net/" + entraTenant + "/"},
		claim{"ver", "1.0"},
	)}
	id := entraID().with(claim{"amr", []string{"pwd"}}, claim{"unique_name", "alice@example.com"}, claim{"ver", "1.0"})
	id.header = x5t
	return entra("entra-v1", tokentest.Options{
		Identifier: "https://sts.windows.net/" + entraTenant + "/", Audience: []string{"api://" + entraAPI}, Algorithms: []string{"RS256"},
	}, access, machine, id)
}

func entra(name string, o tokentest.Options, access, machine, id form) Shape {
	return Shape{
		Name: name, Options: o,
		Access: access.edit(), Machine: machine.edit(), ID: id.edit(),
		Refresh: opaque("1.AXkA."),
	}
}

func entraUserClaims() []claim {
	return []claim{
		{"nbf", now},
		{"aio", random},
		{"name", "Alice Example"},
		{"oid", entraUser},
		{"rh", random},
		{"roles", []string{"Photos.Admin"}},
		{"scp", "photos.read photos.write"},
		{"sub", "mX3kPq7RtYw2Vb9Lc4Nd8Hf1Jg6Zs0Ae"},
		{"tid", tenant},
		{"uti", random},
	}
}

func entraMachineClaims() []claim {
	return []claim{
		{"nbf", now},
		{"aio", random},
		{"idtyp", "app"},
		{"oid", entraRobot},
		{"rh", random},
		{"roles", []string{"Photos.Import"}},
		{"sub", entraRobot},
		{"tid", tenant},
		{"uti", random},
	}
}

func entraID() form {
	return form{typ: "JWT", clientID: "azp", scope: "scp", claims: []claim{
		{"aud", entraClient},
		{"nbf", now},
		{"aio", random},
		{"name", "Alice Example"},
		{"nonce", random},
		{"oid", entraUser},
		{"rh", random},
		{"roles", []string{"Photos.Admin"}},
		{"sub", "nY4lQr8SuZx3Wc0Md5Oe9Ig2Kh7At1Bf"},
		{"tid", tenant},
		{"uti", random},
	}}
}

// tenant is the GUID in the issuer identifier, and kid the name of the key.
var (
	tenant any = func(d *mint.Draft) any {
		iss, _ := d.Claims.Get("iss").(string)
		for part := range strings.SplitSeq(iss, "/") {
			if len(part) == len(entraTenant) && strings.Count(part, "-") == 4 {
				return part
			}
		}
		return entraTenant
	}
	kid any = func(d *mint.Draft) any { return d.Header.Get("kid") }
)
