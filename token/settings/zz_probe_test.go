package settings_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-go/postern/token/settings"
)

func TestZZProbe(t *testing.T) {
	h := head
	for name, text := range map[string]string{
		"ls in comment": h + "    # harmless\u2028    leeway: 40s\n",
		"nel in comment": h + "    # harmless\u0085    leeway: 40s\n",
		"ps in comment": h + "    # harmless\u2029    leeway: 40s\n",
		"cr in comment": h + "    # harmless\r    leeway: 40s\n",
		"json nel": "{\"issuers\": [{\"issuer\": \"https://as.example.com\", \"audience\": [\"a\u0085b\"]}]}",
		"json ls": "{\"issuers\": [{\"issuer\": \"https://as.example.com\", \"audience\": [\"a \u2028 b\"]}]}",
		"bom": "\ufeff" + h,
		"bom json": "\ufeff{\"issuers\": [{\"issuer\": \"https:\\/\\/as.example.com\", \"audience\": [\"a\"]}]}",
		"json nospace": `{"issuers":[{"issuer":"https://as.example.com","audience":["a"],"leeway":"40s","require_key_id":true}]}`,
		"json hash": `{"issuers":[{"issuer":"https://as.example.com","audience":["a"]}]} # x`,
		"urls empty": h + "    keys: {urls: []}\n",
		"plain hosts empty": h + "    keys: {plain_http_hosts: []}\n",
		"bang": h + "    require_key_id: ! true\n",
		"bang2": h + "    profile: ! {base: legacy}\n",
		"flowdup": h + "    profile: {base: legacy, \"\\u0062ase\": rfc9068}\n",
		"deepflow": h + "    profile: " + strings.Repeat("[", 20000) + "\n",
		"deepflow closed": h + "    profile: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "\n",
		"deepblock": h + "    profile:\n" + deepBlock(900),
		"null profile": h + "    profile: ~\n",
		"rules null": h + "    profile: {rules: ~}\n",
		"rules empty": h + "    profile: {rules: []}\n",
		"scopes empty": h + "    profile: {scopes: []}\n",
		"sets empty": h + "    profile: {sets: {}}\n",
		"client_ids empty": h + "    profile: {client_ids: []}\n",
		"required null": h + "    profile: {required: }\n",
		"folded": h + "    leeway: >\n      40s\n",
		"cr line": strings.ReplaceAll(h, "\n", "\r") + "    leeway: 4x\r",
		"crlf": strings.ReplaceAll(h, "\n", "\r\n") + "    leeway: 4x\r\n",
		"directive": "%YAML 1.1\n---\n" + h,
		"directive 1.3": "%YAML 1.3\n---\n" + h,
		"tag directive": "%TAG ! tag:yaml.org,2002:\n---\n" + h + "    leeway: !str 40s\n",
		"end marker": h + "...\nfoo: bar\n",
		"end marker2": h + "...\n",
		"trailing garbage": h + "... x\n",
		"json two": `{"issuers":[{"issuer":"https://as.example.com","audience":["a"]}]}` + "\n" + `{"issuers":[]}`,
		"json 3": `{"issuers":[{"issuer":"https://as.example.com","audience":["a"]}]} {"a":1}`,
		"bidi": h + "    profile: {client_id_claim: \"a\u202eb\"}\n",
		"anchor on key": h + "    &x leeway: 40s\n",
		"complex key": h + "    ? leeway\n    : 40s\n",
		"manylines": h + strings.Repeat("\n", 500000) + "    leeway: [\n",
	} {
		start := time.Now()
		f, err := settings.Parse([]byte(text))
		d := time.Since(start)
		if err != nil {
			e := err.Error()
			if len(e) > 200 { e = e[:200] }
			fmt.Printf("%-18s %v ERR %s\n", name, d.Round(time.Millisecond), e)
			continue
		}
		c := f.Issuers[0].Config
		fmt.Printf("%-18s %v OK leeway %v aud %q kid %v rules %#v required %#v client %q keys %+v sets %#v\n", name, d.Round(time.Millisecond), c.Leeway, c.Audience, c.RequireKeyID, c.Profile.Rules, c.Profile.Required, c.Profile.ClientIDClaim, f.Issuers[0].Keys.Remote.URLs, c.Profile.Sets)
	}
}

func deepBlock(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", 6+i) + "a:\n")
	}
	return b.String()
}
