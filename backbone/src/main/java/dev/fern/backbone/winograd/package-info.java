/**
 * Convolutions by 3x3 taps by Winograd's minimal filtering F(4x4, 3x3): A' [(G w G') * (B' x B)] A
 * gives a square of 4x4 places of the result, where x is the square of 6x6 places that it depends
 * on, w the taps, * the product of numbers at the same place and ' the transpose. These are 36
 * products for each pair of channels instead of 144 (Lavin and Gray, Fast Algorithms for
 * Convolutional Neural Networks, CVPR 2016). This package transforms maps and weights in host
 * memory, and their gradients by the adjoints; it leaves the products to others.
 */
package dev.fern.backbone.winograd;
