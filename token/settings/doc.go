// Package settings reads the settings of issuers from a file in YAML or JSON,
// for services that are configured without being built again:
//
//	issuers:
//	  - issuer: https://sso.example.com/realms/photos
//	    audience: [https://photos.example.com]
//	    profile:
//	      base: legacy
//	      client_id_claim: azp
//	      rules: [{claim: typ, values: [Bearer]}]
//
// docs/settings.md shows the whole form. A field has the name of the Go field in
// lower case, and means what that one means; a field that is left out has its
// zero value. Durations are text such as "30s".
//
// The reader is strict: an unknown or repeated field, a value of another type or
// without meaning, an alias and a second document are errors, since a setting
// that is silently ignored may be the one that was to refuse a token. Every
// error matches token.ErrConfig, and its text is one line that tells the line
// of the file and the field.
//
// The file needs no secrets. Only the URL of a proxy may have a password, which no
// error shows.
package settings
