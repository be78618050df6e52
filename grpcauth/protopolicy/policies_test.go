package protopolicy_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/postern-go/postern/grpcauth/protopolicy"
	posternv1 "github.com/postern-go/postern/grpcauth/protopolicy/postern/v1"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// said are the options of a method. Nil leaves one out.
type said struct{ policy, operation *string }

func policy(text string) said    { return said{policy: &text} }
func operation(name string) said { return said{operation: &name} }

func (s said) options() *descriptorpb.MethodOptions {
	if s == (said{}) {
		return nil
	}
	options := new(descriptorpb.MethodOptions)
	if s.policy != nil {
		proto.SetExtension(options, posternv1.E_Policy, *s.policy)
	}
	if s.operation != nil {
		proto.SetExtension(options, posternv1.E_Operation, *s.operation)
	}
	return options
}

// register adds a service to those of the program, as generated code does, and
// returns its name. Methods are called M0, M1 and so on.
func register(t testing.TB, methods ...said) string {
	t.Helper()
	name := "test" + strings.Map(func(c rune) rune {
		if (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') {
			return c
		}
		return -1
	}, t.Name())
	service := &descriptorpb.ServiceDescriptorProto{Name: proto.String("S")}
	for i, m := range methods {
		service.Method = append(service.Method, &descriptorpb.MethodDescriptorProto{
			Name: proto.String("M" + strconv.Itoa(i)), Options: m.options(),
			InputType: proto.String(".google.protobuf.Empty"), OutputType: proto.String(".google.protobuf.Empty"),
			ServerStreaming: proto.Bool(i%2 == 1),
		})
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String(name + ".proto"), Package: proto.String(name), Syntax: proto.String("proto3"),
		Dependency: []string{emptypb.File_google_protobuf_empty_proto.Path()}, Service: []*descriptorpb.ServiceDescriptorProto{service},
	}, protoregistry.GlobalFiles)
	require.NoError(t, err)
	require.NoError(t, protoregistry.GlobalFiles.RegisterFile(file))
	return name + ".S"
}

var (
	gold  = scope.Func("gold tier", func(*token.Token) error { return nil })
	table = scope.NewTable(scope.Operation{Name: "orders.list", Policy: scope.All("orders:read")})
	given = &protopolicy.Options{Table: table, Rules: []scope.Policy{gold}}
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	name := register(t, policy("all(orders:read) and user"), policy("public"), operation("orders.list"), policy("optional"), policy("gold tier"), policy("bound and all(orders:read)"))
	got, err := protopolicy.Policies(given, name)
	require.NoError(t, err)
	require.NoError(t, got.Validate())
	texts := map[string]string{}
	for method, p := range got {
		texts[strings.TrimPrefix(method, "/"+name+"/")] = p.String() + " " + p.Operation()
	}
	assert.Equal(t, map[string]string{
		"M0": "all(orders:read) and user ", "M1": "public ", "M2": "all(orders:read) orders.list", "M3": "optional ", "M4": "gold tier ", "M5": "bound and all(orders:read) ",
	}, texts)
}

// TestRefused has a service with one good method and one that is not.
func TestRefused(t *testing.T) {
	t.Parallel()
	both := policy("public")
	both.operation = operation("orders.list").operation
	for name, c := range map[string]struct {
		method said
		o      *protopolicy.Options
	}{
		"silence":               {said{}, given},
		"both":                  {both, given},
		"empty text":            {policy(""), given},
		"no policy":             {policy("everyone"), given},
		"refused":               {policy("refused"), given},
		"a rehearsal":           {policy("REHEARSAL(user)"), given},
		"public and a scope":    {policy("public and all(a)"), given},
		"a line break":          {policy("all(a)\nx"), given},
		"a rule not given":      {policy("gold tier"), nil},
		"empty operation":       {operation(""), given},
		"unknown operation":     {operation("orders.lits"), given},
		"operation, no table":   {operation("orders.list"), &protopolicy.Options{}},
		"operation, no options": {operation("orders.list"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := register(t, policy("public"), c.method)
			got, err := protopolicy.Policies(c.o, service)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Nil(t, got)
			assert.Contains(t, err.Error(), "/"+service+"/M1", "the error names the method")
			assert.NotContains(t, err.Error(), "M0")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// TestEveryMethod holds that an error names every method that is wrong.
func TestEveryMethod(t *testing.T) {
	t.Parallel()
	name := register(t, said{}, policy("public"), said{}, policy("x"))
	_, err := protopolicy.Policies(nil, name)
	require.ErrorIs(t, err, token.ErrConfig)
	assert.Len(t, strings.Split(err.Error(), "\n"), 3)
}

func TestRefusedServices(t *testing.T) {
	t.Parallel()
	name := register(t, policy("public"))
	for what, services := range map[string][]string{
		"none":            nil,
		"unknown":         {"shop.v1.Carts"},
		"empty":           {""},
		"a line break":    {"a\nb"},
		"a message":       {string((*emptypb.Empty)(nil).ProtoReflect().Descriptor().FullName())},
		"a package":       {strings.TrimSuffix(name, ".S")},
		"a method":        {name + ".M0"},
		"twice":           {name, name},
		"beside good one": {name, "shop.v1.Carts"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			got, err := protopolicy.Policies(nil, services...)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Nil(t, got)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// TestOptionsOfBytes reads options as generated code holds them, as bytes that
// are decoded later, also where another option is beside ours.
func TestOptionsOfBytes(t *testing.T) {
	t.Parallel()
	options := policy("user").options()
	options.Deprecated = proto.Bool(true)
	raw, err := proto.Marshal(options)
	require.NoError(t, err)
	again := new(descriptorpb.MethodOptions)
	require.NoError(t, proto.Unmarshal(raw, again))
	assert.Equal(t, "user", proto.GetExtension(again, posternv1.E_Policy))
}

// TestNumbers holds the numbers that programs have compiled in.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for extension, number := range map[protoreflect.ExtensionType]protoreflect.FieldNumber{posternv1.E_Policy: 71930, posternv1.E_Operation: 71931} {
		assert.Equal(t, number, extension.TypeDescriptor().Number())
		assert.GreaterOrEqual(t, number, protoreflect.FieldNumber(50000))
		assert.Less(t, number, protoreflect.FieldNumber(100000))
	}
}
