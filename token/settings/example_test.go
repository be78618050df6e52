package settings_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

const text = `issuers:
  - issuer: https://sso.example.com/realms/photos
    audience: [https://photos.example.com]
    leeway: 10s
    profile:
      base: legacy
      client_id_claim: azp
      rules: [{claim: typ, values: [Bearer]}]
      sets:
        roles: [{claim: /realm_access/roles}]
`

// A service with its issuers in a file.
func ExampleRead() {
	path := filepath.Join(os.TempDir(), "postern-example-issuers.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}
	defer os.Remove(path)
	file, err := settings.Read(path)
	if err != nil {
		log.Fatal(err)
	}
	auth, err := file.Authenticator()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.HasSet(auth, "roles"), token.HasSet(auth, "groups"))
	// Output: true false
}

func ExampleParse() {
	file, err := settings.Parse([]byte(text))
	if err != nil {
		log.Fatal(err)
	}
	config := file.Issuers[0].Config
	fmt.Println(config.Issuer, config.Leeway, config.Profile.ClientIDClaim)
	// Output: https://sso.example.com/realms/photos 10s azp
}

// An error tells line and field.
func ExampleParse_error() {
	_, err := settings.Parse([]byte(text + "    algorithm: [RS256]\n"))
	fmt.Println(err)
	_, err = settings.Parse([]byte(text + "    max_lifetime: -1h\n"))
	fmt.Println(err)
	// Output:
	// settings: line 11: issuers[0].algorithm: unknown field, want one of issuer, template, values, any_value, claim, audience, algorithms, scope_implies, leeway, extended_leeway, max_lifetime, max_token_size, require_key_id, cache_size, keys, profile
	// settings: line 11: issuers[0].max_lifetime: invalid configuration: MaxLifetime is negative
}

// A Config is needed where a value of the program must be added.
func ExampleFile_Configs() {
	file, err := settings.Parse([]byte(text))
	if err != nil {
		log.Fatal(err)
	}
	configs, err := file.Configs()
	if err != nil {
		log.Fatal(err)
	}
	for _, config := range configs {
		config.Confirmations = nil // those of the service
		if _, err := token.NewVerifier(config); err != nil {
			log.Fatal(err)
		}
		fmt.Println(config.Issuer)
	}
	// Output: https://sso.example.com/realms/photos
}

// The operations of a service in its settings. A rule of the program's own is found
// by its name.
func ExampleFile_Table() {
	file, err := settings.Parse([]byte(text + `operations:
  photos.list: all(photos:read)
  photos.add: all(photos:write) and not blocked
`))
	if err != nil {
		log.Fatal(err)
	}
	notBlocked := scope.Func("not blocked", func(*token.Token) error { return nil })
	ops, err := file.Table(notBlocked)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(ops)
	fmt.Println(ops.Require("photos.list", "photos.add"))

	_, err = file.Table()
	fmt.Println(errors.Is(err, token.ErrConfig))
	// Output:
	// photos.add   all(photos:write) and not blocked
	// photos.list  all(photos:read)
	// <nil>
	// true
}

// Tools need the settings for the issuer of one token.
func ExampleFile_ConfigFor() {
	file, err := settings.Parse([]byte(`issuers:
  - template: https://login.microsoftonline.com/{tenantid}/v2.0
    values: [11111111-2222-3333-4444-555555555555]
    claim: tid
    audience: [6e74172b-be56-4843-9ff4-e66a39bb12e3]
`))
	if err != nil {
		log.Fatal(err)
	}
	config, err := file.ConfigFor("https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(config.Profile.Rules[0].Claim, config.Profile.Rules[0].Values)
	_, err = file.ConfigFor("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0")
	fmt.Println(errors.Is(err, token.ErrIssuer))
	// Output:
	// tid [11111111-2222-3333-4444-555555555555]
	// true
}

// Commands that take claims as flags can read them as files do.
func ExampleParseClaim() {
	name, path, err := settings.ParseClaim("/realm_access/roles")
	fmt.Printf("%q %q %v\n", name, path, err)
	name, path, err = settings.ParseClaim("https://example.com/roles")
	fmt.Printf("%q %q %v\n", name, path, err)
	// Output:
	// "" ["realm_access" "roles"] <nil>
	// "https://example.com/roles" [] <nil>
}

func ExampleParseShape() {
	shape, err := settings.ParseShape("words or list")
	fmt.Println(shape == token.ShapeWordsOrList, err)
	// Output: true <nil>
}

func ExampleMarshal() {
	out, err := settings.Marshal(&settings.File{Issuers: []settings.Issuer{{Config: token.Config{
		Issuer:   "https://as.example.com",
		Audience: []string{"https://api.example.com"},
		Profile: token.Profile{
			Types: []string{"JWT"},
			Rules: []token.Mark{{Claim: "token_use", Values: []string{"access"}}},
		},
	}}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(out))
	// Output:
	// issuers:
	//   - issuer: https://as.example.com
	//     audience: ['https://api.example.com']
	//     profile:
	//       types: [JWT]
	//       rules:
	//         - {claim: token_use, values: [access]}
}
