package dev.fern.backbone.norm;

import dev.fern.backbone.host.TorchScript;

/**
 * FRN on PyTorch's devices: nu is one pass through the map, and y = x * gamma / sqrt(nu^2 + eps) +
 * beta another one, since all else has a value per channel and image. No operator asks for the
 * order of the map's memory, so that maps with channels last stay so. A map in bfloat16 is computed
 * in float32 and kept as it is for the backward pass, where each of the two terms of its gradient
 * is rounded before they are added: by as much as the gradient that comes in was.
 */
final class FilterResponseScript {

    /**
     * Maps of fewer places are computed in float64, PyTorch's type 7: what the gradient along x
     * leaves of its terms there, epsilon's share, would drown in the rounding of float32, type 6.
     */
    private static final int SMALL = 16;

    private FilterResponseScript() {}

    /**
     * {@return the function, of x [N, C, H, W], gamma, beta, and those of epsilon [C], the shortcut
     * [N, C, H, W] and tau [C] that there are, in that order}
     */
    static TorchScript of(boolean learnedEpsilon, boolean addsShortcut, Activation activation) {
        boolean hasTau = activation == Activation.TLU;
        String perChannel = "torch.reshape(%s, [1, -1, 1, 1])";
        String signature =
                "  def forward(self, x: Tensor, gamma: Tensor, beta: Tensor"
                        + (learnedEpsilon ? ", epsilon: Tensor" : "")
                        + (addsShortcut ? ", shortcut: Tensor" : "")
                        + (hasTau ? ", tau: Tensor" : "")
                        + ") -> Tensor:\n";
        String body =
                """
                    places = x.size(2) * x.size(3)
                    kind = 6
                    m = x
                    if places < %d:
                      kind = 7
                      m = x.to(dtype=kind)
                    nu = torch.linalg_vector_norm(m, 2, [2, 3], True, dtype=kind)
                    under_root = nu * nu / places + %s
                    scale = %s.to(dtype=kind) * torch.rsqrt(under_root)
                    y = torch.addcmul(%s.to(dtype=kind), m, scale).to(dtype=6)
                """
                                .formatted(
                                        SMALL,
                                        FilterResponseFunction.MINIMUM_EPSILON
                                                + (learnedEpsilon
                                                        ? " + torch.abs("
                                                                + perChannel.formatted("epsilon")
                                                                + ")"
                                                        : ""),
                                        perChannel.formatted("gamma"),
                                        perChannel.formatted("beta"))
                        + (addsShortcut ? "    y = y + shortcut\n" : "");
        // The gradient at y = tau is tau's, as that of the host's function; torch.maximum would
        // give each a half.
        String end =
                switch (activation) {
                    case NONE -> "    z = y\n";
                    case RELU -> "    z = torch.relu(y.to(dtype=x.dtype))\n";
                    case TLU ->
                            "    t = %s\n    z = torch.where(y > t, y, t)\n"
                                    .formatted(perChannel.formatted("tau"));
                };
        return TorchScript.of(signature + body + end + "    return z.to(dtype=x.dtype)\n");
    }
}
