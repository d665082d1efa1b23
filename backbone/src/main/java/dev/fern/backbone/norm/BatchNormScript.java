package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.host.TorchScript;

/**
 * Batch normalisation with its scale and shift on PyTorch's devices, where the running averages
 * stay. PyTorch takes maps in bfloat16 beside parameters in float32, and sums in float32.
 */
final class BatchNormScript {

    private static final String FIXED =
            """
              def forward(self, x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
                return torch.batch_norm(x, gamma, beta, mean, variance, False, 0., %s, True)
            """;

    /**
     * Of one value per channel the running mean alone takes note, and of values that are not finite
     * no average does.
     */
    private static final String MEASURED =
            """
              def forward(self, x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
                new_mean = torch.clone(mean)
                new_variance = torch.clone(variance)
                if torch.numel(x) > x.size(1):
                  y = torch.batch_norm(x, gamma, beta, new_mean, new_variance, True, %1$s, %2$s, True)
                else:
                  y = (x * 0. * torch.reshape(gamma, [1, -1, 1, 1]) + torch.reshape(beta, [1, -1, 1, 1])).to(dtype=x.dtype)
                  new_mean = torch.lerp(mean, torch.mean(torch.detach(x), [0, 2, 3], dtype=6), %1$s)
                mean = torch.copy_(mean, torch.where(torch.isfinite(new_mean), new_mean, mean))
                variance = torch.copy_(variance, torch.where(torch.isfinite(new_variance), new_variance, variance))
                return y
            """;

    private BatchNormScript() {}

    /**
     * Normalises by given statistics.
     *
     * @param x [N, C, H, W]
     * @param gamma [C]
     * @param beta [C]
     * @param mean [C]
     * @param variance [C]
     * @param epsilon added to the variances
     * @return gamma * (x - mean) / sqrt(variance + epsilon) + beta
     */
    static NDArray fixed(
            NDArray x,
            NDArray gamma,
            NDArray beta,
            NDArray mean,
            NDArray variance,
            double epsilon) {
        return TorchScript.of(FIXED.formatted(epsilon)).forward(x, gamma, beta, mean, variance);
    }

    /**
     * Normalises by the statistics of x over images and places.
     *
     * @param x [N, C, H, W]
     * @param gamma [C]
     * @param beta [C]
     * @param mean [C], the running average of the means, which moves
     * @param variance [C], the running average of the variances with the divisor N - 1, which moves
     * @param rate part of the running averages that is new
     * @param epsilon added to the variances
     * @return gamma * xhat + beta
     */
    static NDArray measured(
            NDArray x,
            NDArray gamma,
            NDArray beta,
            NDArray mean,
            NDArray variance,
            double rate,
            double epsilon) {
        return TorchScript.of(MEASURED.formatted(rate, epsilon))
                .forward(x, gamma, beta, mean, variance);
    }
}
