module github.com/postern-go/postern/examples/photoservice-valkey

go 1.25.0

require (
	github.com/postern-go/postern v0.0.0
	github.com/postern-go/postern/token/dpop/valkey v0.0.0
	github.com/stretchr/testify v1.11.1
	google.golang.org/grpc v1.79.3
)

require (
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/go-jose/go-jose/v4 v4.1.4 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/valkey-io/valkey-go v1.0.79 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20251202230838-ff82c1b0f217 // indirect
	google.golang.org/protobuf v1.36.10 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace (
	github.com/postern-go/postern => ../..
	github.com/postern-go/postern/token/dpop/valkey => ../../token/dpop/valkey
)
