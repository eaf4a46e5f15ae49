package dock

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/go-connections/tlsconfig"
)

// clientTLS returns the configuration for a context's TLS files, nil if the context uses no TLS.
func clientTLS(material *dockercontext.TLSData, skipVerify bool) (*tls.Config, error) {
	if material == nil && !skipVerify {
		return nil, nil
	}
	cfg := tlsconfig.ClientDefault()
	cfg.InsecureSkipVerify = skipVerify
	if material == nil {
		return cfg, nil
	}
	if material.CA != nil {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(material.CA) {
			return nil, errors.New("ca.pem contains no certificate")
		}
	}
	if material.Cert != nil && material.Key != nil {
		pair, err := tls.X509KeyPair(material.Cert, material.Key)
		if err != nil {
			return nil, err
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}
