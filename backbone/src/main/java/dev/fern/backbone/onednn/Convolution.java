package dev.fern.backbone.onednn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;

/**
 * A two-dimensional convolution with a square kernel. The maps of a {@link Tape} are computed by
 * oneDNN, arrays by their engine: where it runs {@link TorchScript}, in the numbers of the input,
 * to which the parameters are rounded. Names and shapes of the parameters are DJL's.
 */
public final class Convolution extends Conv2d {

    private final boolean givesFloat32;

    /** Made when it is first needed, by any thread: all of them are given the same one. */
    private TorchScript script;

    /**
     * Makes the block; its parameters are initialised later.
     *
     * @param filters output channels
     * @param kernel side of the kernel
     * @param stride distance between neighbouring windows, down and across
     * @param padding zeros on each side of the map
     * @param bias whether a bias is added
     * @param givesFloat32 whether the output is float32 where maps are bfloat16, as that of a
     *     network's last convolution should be
     */
    public Convolution(
            int filters, int kernel, int stride, int padding, boolean bias, boolean givesFloat32) {
        super(
                Conv2d.builder()
                        .setFilters(filters)
                        .setKernelShape(new Shape(kernel, kernel))
                        .optStride(new Shape(stride, stride))
                        .optPadding(new Shape(padding, padding))
                        .optBias(bias));
        this.givesFloat32 = givesFloat32;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        Device device = inputs.get(0).getDevice();
        if (EngineBridge.of(inputs.get(0)).runsScripts(device)) {
            return new NDList(scripted(parameters, inputs.get(0), training));
        }
        if (!(inputs.get(0) instanceof MapArray x)) {
            return super.forwardInternal(parameters, inputs, training, params);
        }
        return new NDList(
                ConvolutionFunction.apply(
                        x,
                        parameters.getValue(weight, device, training),
                        bias == null ? null : parameters.getValue(bias, device, training),
                        Math.toIntExact(stride.get(0)),
                        Math.toIntExact(padding.get(0)),
                        Math.toIntExact(dilation.get(0)),
                        groups,
                        givesFloat32 ? Precision.FLOAT32 : x.tape().precision()));
    }

    private NDArray scripted(ParameterStore parameters, NDArray x, boolean training) {
        TorchScript function = script;
        if (function == null) { // several threads may come here; they get the same
            function = TorchScript.of(source());
            script = function;
        }
        NDArray values = parameters.getValue(weight, x.getDevice(), training);
        return bias == null
                ? function.forward(x, values)
                : function.forward(x, values, parameters.getValue(bias, x.getDevice(), training));
    }

    private String source() {
        return """
                  def forward(self, x: Tensor, weight: Tensor%s) -> Tensor:
                    kind = %s
                    return torch.conv2d(x.to(dtype=kind), weight.to(dtype=kind), %s, [%d, %d], [%d, %d], [%d, %d], %d)
                """
                .formatted(
                        bias == null ? "" : ", bias: Tensor",
                        givesFloat32 ? Precision.FLOAT32.torchType() : "x.dtype",
                        bias == null ? "None" : "bias.to(dtype=kind)",
                        stride.get(0),
                        stride.get(1),
                        padding.get(0),
                        padding.get(1),
                        dilation.get(0),
                        dilation.get(1),
                        groups);
    }
}
