package protopolicy

import (
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/postern-go/postern/grpcauth"
	posternv1 "github.com/postern-go/postern/grpcauth/protopolicy/postern/v1"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Options are what the options of methods may refer to.
type Options struct {
	// Table has the operations that (postern.v1.operation) names. Nil has none,
	// so that a method with that option is an error.
	Table *scope.Table

	// Rules are the rules of the service's own that (postern.v1.policy) may
	// name, as for scope.ParsePolicy.
	Rules []scope.Policy
}

// Policies returns the policy of every method of the services, which go by their
// full names, as in pb.Orders_ServiceDesc.ServiceName: "shop.v1.Orders". Their
// generated code must be part of the program. o may be nil.
//
// The error names everything that is wrong, a line each, and matches
// token.ErrConfig; there are no Policies then:
//
//   - a method without an option, or with both, which would leave open which of
//     them holds,
//   - a text that is no policy, and an operation that the table does not have,
//   - a service that the program does not know, or that is named twice,
//   - no service at all.
//
// Policies makes no request. Add the policies of further services, such as the
// health check, to the result.
func Policies(o *Options, services ...string) (grpcauth.Policies, error) {
	if o == nil {
		o = &Options{}
	}
	if len(services) == 0 {
		return nil, because("", errors.New("no service is named"))
	}
	policies, seen := grpcauth.Policies{}, map[string]bool{}
	var faults []error
	for _, name := range services {
		switch service := find(name); {
		case seen[name]:
			faults = append(faults, because(name, errors.New("is named twice")))
		case service == nil:
			faults = append(faults, because(name, errors.New("is no service of this program; import its generated code")))
		default:
			faults = append(faults, o.add(policies, service)...)
		}
		seen[name] = true
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return policies, nil
}

// find is the service with this name, or nil.
func find(name string) protoreflect.ServiceDescriptor {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	service, _ := found.(protoreflect.ServiceDescriptor)
	return service
}

// add adds the methods of a service, and returns what is wrong with them.
func (o *Options) add(policies grpcauth.Policies, service protoreflect.ServiceDescriptor) (faults []error) {
	for i := range service.Methods().Len() {
		method := service.Methods().Get(i)
		name := "/" + string(service.FullName()) + "/" + string(method.Name())
		policy, err := o.policy(method)
		if err != nil {
			faults = append(faults, because(name, err))
			continue
		}
		policies[name] = policy
	}
	return faults
}

// policy is what the options of a method say.
func (o *Options) policy(method protoreflect.MethodDescriptor) (scope.Policy, error) {
	text, isText := option(method, posternv1.E_Policy)
	operation, isOperation := option(method, posternv1.E_Operation)
	switch {
	case isText && isOperation:
		return scope.Policy{}, errors.New("has both (postern.v1.policy) and (postern.v1.operation), want one")
	case isText:
		return scope.ParsePolicy(text, o.Rules...)
	case isOperation:
		if err := o.Table.Require(operation); err != nil {
			return scope.Policy{}, err
		}
		return o.Table.Policy(operation), nil
	default:
		return scope.Policy{}, errors.New("has no policy, want (postern.v1.policy) or (postern.v1.operation)")
	}
}

// option is the value of an extension of a method, and whether it is there.
func option(method protoreflect.MethodDescriptor, extension protoreflect.ExtensionType) (string, bool) {
	options := method.Options()
	if options == nil || !proto.HasExtension(options, extension) {
		return "", false
	}
	value, isText := proto.GetExtension(options, extension).(string)
	return value, isText
}

// finding is one thing wrong with the methods.
type finding struct {
	text  string
	cause error
}

func (f finding) Error() string { return f.text }

// Unwrap returns token.ErrConfig and the cause.
func (f finding) Unwrap() []error { return []error{token.ErrConfig, f.cause} }

func because(name string, err error) error {
	text := err.Error()
	if name != "" {
		text = name + ": " + text
	}
	return finding{printable.Line("protopolicy: " + text), err}
}
