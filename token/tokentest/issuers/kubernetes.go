package issuers

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Kubernetes is the API server of a cluster. It has one kind of token, which is
// Machine: that of a pod with the service account checkout in the namespace
// shop.
func Kubernetes() Shape {
	return serviceAccount("kubernetes", options("https://kubernetes.default.svc.cluster.local", photosAPI))
}

// EKS is a cluster of Amazon EKS, whose keys are public. Its tokens are those
// of Kubernetes.
func EKS() Shape {
	return serviceAccount("eks", options("https://oidc.eks.eu-central-1.amazonaws.com/id/D539D4633E53DE1B716D3041E8D8F2A6", photosAPI))
}

// serviceAccount is the Shape of tokens for pods.
func serviceAccount(name string, opts tokentest.Options) Shape {
	pod := form{claims: []claim{
		{"aud", inArray},
		{"jti", uuid},
		{"kubernetes.io", map[string]any{
			"namespace":      "shop",
			"node":           map[string]any{"name": "worker-2", "uid": "517eb86e-b863-451b-bf70-86cb61439a3a"},
			"pod":            map[string]any{"name": "checkout-7c9", "uid": "0d8b260e-ef0e-45fb-be8e-ff44f97722e8"},
			"serviceaccount": map[string]any{"name": "checkout", "uid": "e6a8680e-d103-4cce-80ea-03acbbeacf7d"},
		}},
		{"nbf", now},
		{"sub", "system:serviceaccount:shop:checkout"},
	}}
	return Shape{
		Name:    name,
		Options: opts,
		Access:  none("Kubernetes", "tokens for users"),
		Machine: pod.edit(),
		ID:      none("Kubernetes", "ID tokens apart from its only tokens"),
		Refresh: none("Kubernetes", "refresh tokens"),
	}
}

// inArray is the aud of the draft, in an array even if there is one.
var inArray any = func(d *mint.Draft) any { return audienceOf(d) }
