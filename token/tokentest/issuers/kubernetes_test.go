package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func kubernetesRecipes() []recipe {
	pod := issuers.Kubernetes().Machine
	account := func(namespace, name string) tokentest.Edit {
		return tokentest.Edits(pod, tokentest.Subject("system:serviceaccount:"+namespace+":"+name), tokentest.Claim("kubernetes.io", map[string]any{
			"namespace": namespace, "serviceaccount": map[string]any{"name": name, "uid": "9c1e2b7e-5d7c-4c2a-8f6b-9a8d1e3f5c7b"},
		}))
	}
	return []recipe{
		{
			shape:   issuers.Kubernetes(),
			machine: true,
			more: map[string]tokentest.Edit{
				"machine, other account":       account("shop", "default"),
				"machine, other namespace":     account("shop-test", "checkout"),
				"machine, token for the API":   tokentest.Edits(pod, tokentest.Audience("https://kubernetes.default.svc.cluster.local")),
				"machine, other cluster":       tokentest.Edits(pod, tokentest.Claim("iss", "https://kubernetes.default.svc")),
				"machine, token from a Secret": secretToken(),
				"machine, cluster without jti": tokentest.Edits(pod, tokentest.WithoutClaim("jti")),
				"machine, namespace elsewhere": tokentest.Edits(pod, tokentest.WithoutClaim("kubernetes.io"), tokentest.Claim("namespace", "shop")),
			},
		},
		{
			shape:   issuers.EKS(),
			machine: true,
			more: map[string]tokentest.Edit{
				"machine, other account": account("shop", "default"),
				"machine, token for IAM": tokentest.Edits(pod, tokentest.Audience("sts.amazonaws.com")),
			},
		},
	}
}

// secretToken is a token as older clusters keep it in a Secret, without end.
func secretToken() tokentest.Edit {
	return tokentest.Edits(
		tokentest.WithoutHeader("typ"),
		tokentest.RawPayload(`{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"shop",`+
			`"kubernetes.io/serviceaccount/secret.name":"checkout-token-pnj77","kubernetes.io/serviceaccount/service-account.name":"checkout",`+
			`"sub":"system:serviceaccount:shop:checkout"}`),
	)
}
