module github.com/postern-go/postern/token/dpop/valkey

go 1.25.0

require (
	github.com/alicebob/miniredis/v2 v2.40.0
	github.com/postern-go/postern v0.0.0
	github.com/stretchr/testify v1.11.1
	github.com/valkey-io/valkey-go v1.0.79
)

require (
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/go-jose/go-jose/v4 v4.1.4 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	golang.org/x/sys v0.47.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace github.com/postern-go/postern => ../../..
